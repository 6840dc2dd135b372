import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { projectFolder } from './project-folder.js';

/** The real bootstrap in a small project: a "Node 24" of its own, and a build that writes the command's script. */
let project: string;
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'inkpost-bootstrap-'));
  await mkdir(join(project, 'infra', 'local'), { recursive: true });
  for (const file of ['bootstrap.mjs', 'steps.mjs']) {
    await cp(join(projectFolder, 'infra', 'local', file), join(project, 'infra', 'local', file));
  }
  await mkdir(join(project, 'node24', 'bin'), { recursive: true });
  await symlink(process.execPath, join(project, 'node24', 'bin', 'node'));
  await write('node24/package.json', { name: nodePackage, version: '24.0.0' });
  await writePackage({ [nodePackage]: 'file:node24' });
  await write('package-lock.json', { name: 'small', lockfileVersion: 3, packages: {} });
  await writeScript('process.stdout.write(JSON.stringify(process.argv.slice(2))); process.exitCode = 7;');
});
afterEach(() => rm(project, { recursive: true, force: true }));

const nodePackage = `node-linux-${process.arch}`;

function write(file: string, content: object): Promise<void> {
  return writeFile(join(project, file), JSON.stringify(content));
}

function writePackage(dependencies: Record<string, string>): Promise<void> {
  return write('package.json', { name: 'small', workspaces: [], scripts: { build: 'node build.mjs' }, dependencies });
}

function writeScript(script: string): Promise<void> {
  const build = `import { mkdirSync, writeFileSync } from 'node:fs';
    mkdirSync('infra/suite/dist', { recursive: true });
    writeFileSync('infra/suite/dist/demo.js', ${JSON.stringify(script)});`;
  return writeFile(join(project, 'build.mjs'), build);
}

function start(...args: string[]) {
  const child = spawn(process.execPath, [join(project, 'infra/local/bootstrap.mjs'), ...args], { stdio: 'pipe' });
  const outcome = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]).then(
    ([stdout, stderr]) => ({ stdout, stderr, code: child.exitCode }),
  );
  return { child, outcome };
}

it('installs, builds and hands over arguments and exit code; the second time it does neither again', async () => {
  const first = await start('demo', '--once').outcome;
  expect(first).toMatchObject({ code: 7, stdout: expect.stringMatching(/✓ Dependencies +[\d.]+ s\n.*✓ Build +[\d.]+ s\n\["--once"\]$/s) });
  const second = await start('demo').outcome;
  expect(second.stdout).toMatch(/✓ Dependencies: up to date .*✓ Build: up to date .*\[\]$/s);
});

it('builds again when an output was deleted', async () => {
  await start('demo').outcome;
  await rm(join(project, 'infra', 'suite', 'dist'), { recursive: true });
  expect((await start('demo').outcome).code).toBe(7);
});

it('leaves standard output to the command when it asks for JSON', async () => {
  const { stdout, stderr } = await start('demo', '--once', '--json').outcome;
  expect(stdout).toBe('["--once","--json"]');
  expect(stderr).toContain('✓ Build');
});

it.each(['SIGTERM', 'SIGINT'] as const)('passes %s on once and waits for the clean end', async (signal) => {
  await writeScript(`
    let count = 0;
    process.on('${signal}', () => {
      count += 1;
      setTimeout(() => { console.log('ended after', count); process.exit(5); }, 200);
    });
    setInterval(() => undefined, 1000);
    console.log('up');`);
  const { child, outcome } = start('demo');
  child.stdout.on('data', (chunk: Buffer) => {
    if (chunk.toString().includes('up\n')) child.kill(signal);
  });
  expect(await outcome).toMatchObject({ code: 5, stdout: expect.stringContaining('ended after 1') });
});

it('shows what the build said when it fails, and no stack of its own', async () => {
  await writeFile(join(project, 'build.mjs'), `console.error('TS2304: cannot find name'); process.exit(2);`);
  const { code, stderr } = await start('demo').outcome;
  expect(code).toBe(1);
  expect(stderr).toContain('TS2304: cannot find name');
  expect(stderr.trimEnd().split('\n').at(-1)).toBe('The build failed. What it said stands above.');
});

it('says that the registry cannot be reached', async () => {
  await writeFile(join(project, '.npmrc'), 'registry=http://127.0.0.1:9/\nfetch-retries=0\n');
  await writePackage({ [nodePackage]: 'file:node24', 'not-installed-yet': '1.0.0' });
  const { code, stderr } = await start('demo').outcome;
  expect(code).toBe(1);
  expect(stderr).toMatch(/npm could not install the dependencies\. The npm registry cannot be reached/);
});

it('names its commands when it is given none of them', async () => {
  const { code, stderr } = await start('domo').outcome;
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^Say what to do: demo, start, test, bench, bench:domain, chaos, audit, secrets \(for example "npm run demo"\)\.\n$/) });
});
