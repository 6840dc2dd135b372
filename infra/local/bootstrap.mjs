// From a clean clone to a running command. Runs on Node 20 with nothing installed, hence plain JavaScript without packages:
//   node infra/local/bootstrap.mjs demo|start|test|bench|bench:domain|chaos|audit|secrets [arguments…]
// It installs the dependencies, builds, and hands over to Node 24, which comes with the dependencies.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Steps } from './steps.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const commands = {
  demo: 'infra/suite/dist/demo.js',
  start: 'infra/suite/dist/start.js',
  test: 'infra/local/dist/test.js',
  bench: 'tests/dist/bench/bench.js',
  'bench:domain': 'tests/dist/bench-domain/bench-domain.js',
  chaos: 'tests/dist/chaos/chaos.js',
  audit: 'infra/suite/dist/audit.js',
  secrets: 'infra/suite/dist/secrets.js',
};
const stampFolder = join(root, 'node_modules', '.cache', 'inkpost');
const platformNode = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');

/** What stops the bootstrap, in words for the person at the keyboard; `output` is what the failed tool said. */
class BootstrapError extends Error {
  constructor(message, output = '') {
    super(message);
    this.output = output;
  }
}

async function main([command, ...args]) {
  // With --json, and where a log is exported or a key is made, standard output belongs to the command alone.
  const steps = new Steps(['audit', 'secrets'].includes(command) || args.includes('--json') ? process.stderr : process.stdout);
  try {
    checkMachine(command);
    await steps.run('Dependencies', install);
    await steps.run('Build', build);
    process.exitCode = await handOver(join(root, commands[command]), args);
  } catch (error) {
    if (!(error instanceof BootstrapError)) throw error;
    if (error.output !== '') process.stderr.write(`${lastLines(error.output, 40)}\n\n`);
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

function checkMachine(command) {
  if (!Object.hasOwn(commands, command ?? '')) {
    throw new BootstrapError(`Say what to do: ${Object.keys(commands).join(', ')} (for example "npm run demo").`);
  }
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    const found = `${process.platform} ${process.arch}`;
    throw new BootstrapError(
      `The embedded servers run on Linux x64 and arm64, this is ${found}: use "docker compose up --wait" instead.`,
    );
  }
  const major = Number.parseInt(process.versions.node, 10);
  if (major < 20) throw new BootstrapError(`Node 20 or later is needed to begin, this is ${process.version}.`);
}

/** `npm install`, not `npm ci`: the lock may lack the platform packages of another architecture, which `npm ci` refuses. */
async function install(explain) {
  const wanted = hash(readFileSync(join(root, 'package-lock.json')), ...packageFiles());
  if (stampIs('installed', wanted) && existsSync(platformNode)) {
    explain('up to date');
    return;
  }
  await npm(['install', '--no-audit', '--no-fund', '--no-save', '--include=dev'], 'npm could not install the dependencies.');
  if (!existsSync(platformNode)) {
    throw new BootstrapError(`npm left out node-linux-${process.arch}: is "optional" switched off in an .npmrc?`);
  }
  stamp('installed', wanted);
}

function packageFiles() {
  const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const folders = workspaces.flatMap((pattern) => {
    if (!pattern.endsWith('/*')) return [pattern];
    const parent = pattern.slice(0, -2);
    return readdirSync(join(root, parent)).map((name) => `${parent}/${name}`);
  });
  const files = ['package.json', ...folders.map((folder) => `${folder}/package.json`)];
  return files.filter((file) => existsSync(join(root, file))).map((file) => readFileSync(join(root, file)));
}

async function build(explain) {
  if (stampIs('built', treeState())) {
    explain('up to date');
    return;
  }
  await npm(['run', 'build'], 'The build failed.');
  stamp('built', treeState());
}

/** Sources and outputs alike, by size and time: a change to either means building again. */
function treeState() {
  const sum = createHash('sha256');
  const visit = (path) => {
    const found = statSync(join(root, path), { throwIfNoEntry: false });
    if (found?.isDirectory()) {
      for (const name of readdirSync(join(root, path)).toSorted()) if (name !== 'node_modules') visit(`${path}/${name}`);
    } else if (found) sum.update(`${path} ${found.size} ${found.mtimeMs}\n`);
  };
  for (const path of ['libs', 'services', 'infra', 'proto', 'tests']) visit(path);
  for (const path of ['package-lock.json', 'tsconfig.json', 'tsconfig.base.json', 'buf.yaml', 'buf.gen.yaml']) visit(path);
  return sum.digest('hex');
}

function hash(...parts) {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part).update('\0');
  return sum.digest('hex');
}

function stampIs(name, value) {
  const file = join(stampFolder, name);
  return existsSync(file) && readFileSync(file, 'utf8') === value;
}

function stamp(name, value) {
  mkdirSync(stampFolder, { recursive: true });
  writeFileSync(join(stampFolder, name), value);
}

/** npm's output is shown only when it fails. Under `npm run`, the same npm is used again. */
async function npm(args, failure) {
  const npmScript = process.env.npm_execpath;
  const node = existsSync(platformNode) ? platformNode : process.execPath;
  const [file, all] = npmScript?.endsWith('.js') ? [node, [npmScript, ...args]] : ['npm', args];
  const child = spawn(file, all, { cwd: root, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const code = await new Promise((resolve, reject) => {
    child.on('error', () => reject(new BootstrapError('npm was not found: install Node 20 or later with npm 11.')));
    child.on('close', resolve);
  });
  if (code === 0) return;
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH/.test(output)) {
    throw new BootstrapError(`${failure} The npm registry cannot be reached: check the network and npm's "registry" and "proxy".`, output);
  }
  if (output.includes('ENOSPC')) throw new BootstrapError(`${failure} The disk is full; about 1 GB is needed.`, output);
  throw new BootstrapError(`${failure} What it said stands above.`, output);
}

/** What was compiled once is read again by every process after it: a service starts in two thirds of the time. */
function environment() {
  return {
    NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'node-compile'),
    ...process.env,
    PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
  };
}

/** Runs the script under Node 24 and gives its exit code (128 + n when signal n ended it). */
function handOver(script, args) {
  const child = spawn(platformNode, ['--enable-source-maps', script, ...args], { stdio: 'inherit', env: environment() });
  // At a terminal, Ctrl-C reaches the child by itself; sent on, it would arrive twice and look like impatience.
  const atTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !atTerminal) child.kill(signal);
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new BootstrapError(`Node 24 (${platformNode}) does not run here: ${error.message}`)));
    child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

function lastLines(text, count) {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

await main(process.argv.slice(2));
