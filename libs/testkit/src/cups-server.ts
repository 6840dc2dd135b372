import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.js';
import { answers, findServer, ServerProcess } from './server-process.js';
import { temporaryFolder } from './temporary-folder.js';

const run = promisify(execFile);
const packages = ['cups-daemon', 'cups-client'];

export interface CupsServer {
  /** `ipp://127.0.0.1:<port>`; the printer of a queue is `<uri>/printers/<name>`. */
  readonly uri: string;
  readonly port: number;
  /** A queue without filters, so that bytes stay as they are; each job becomes `<deviceFolder>/<job-id>.bin`. Gives the printer's URI. */
  addRawQueue(name: string, deviceFolder: string): Promise<string>;
  stop(): Promise<void>;
}

/** A CUPS scheduler of the test's own. Needs root, as cupsd does. */
export async function startCups(): Promise<CupsServer> {
  const cupsd = findServer('cupsd', packages);
  const lpadmin = findServer('lpadmin', packages);
  const folder = await temporaryFolder('cups');
  try {
    const port = await freePort();
    await writeConfiguration(folder.path, port);
    const parameters = ['-f', '-c', join(folder.path, 'etc/cupsd.conf'), '-s', join(folder.path, 'etc/cups-files.conf')];
    const server = await ServerProcess.start(cupsd, parameters, process.env, () => answers({ port }));
    const uri = `ipp://127.0.0.1:${port}`;
    return {
      uri,
      port,
      async addRawQueue(name, deviceFolder) {
        await run(lpadmin, ['-h', `127.0.0.1:${port}`, '-p', name, '-E', '-v', `folder:${deviceFolder}`, '-m', 'raw']);
        return `${uri}/printers/${name}`;
      },
      async stop() {
        await server.stop();
        await folder.remove();
      },
    };
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

async function writeConfiguration(root: string, port: number): Promise<void> {
  const group = await groupId('lp');
  await chmod(root, 0o755);
  for (const [path, mode] of [['etc', 0o755], ['ssl', 0o700], ['spool', 0o710], ['spool/tmp', 0o770], ['tmp', 0o770], ['cache', 0o770], ['run', 0o755], ['run/certs', 0o755]] as const) {
    await mkdir(join(root, path), { recursive: true });
    await chmod(join(root, path), mode);
    await chown(join(root, path), 0, group);
  }
  await writeFolderBackend(join(root, 'bin'));
  await writeFile(join(root, 'etc/cupsd.conf'), cupsdConfiguration(root, port));
  await writeFile(join(root, 'etc/cups-files.conf'), filesConfiguration(root));
}

/**
 * A backend of our own, since the scheduler's package brings only network ones. Mode 0700 makes cupsd run it as root, so that
 * neither Node nor the folder need to be readable for user lp.
 */
async function writeFolderBackend(serverBin: string): Promise<void> {
  await mkdir(join(serverBin, 'backend'), { recursive: true });
  for (const part of ['daemon', 'notifier']) await symlink(join('/usr/lib/cups', part), join(serverBin, part));
  const script = [
    `#!${process.execPath}`,
    "const { readFileSync, writeFileSync } = require('node:fs');",
    '// CUPS: job-id, user, title, copies, options and, when no filter ran before, the file; else the document on stdin.',
    'const [, , jobId, , , , , file] = process.argv;',
    "const folder = process.env.DEVICE_URI?.replace(/^folder:/, '');",
    "if (jobId) writeFileSync(`${folder}/${jobId}.bin`, readFileSync(file ?? 0));",
    '',
  ];
  await writeFile(join(serverBin, 'backend/folder'), script.join('\n'), { mode: 0o700 });
}

async function groupId(name: string): Promise<number> {
  const line = (await readFile('/etc/group', 'utf8')).split('\n').find((each) => each.startsWith(`${name}:`));
  return Number(line?.split(':')[2] ?? 0);
}

function cupsdConfiguration(root: string, port: number): string {
  const everybodyHere = ['Order allow,deny', 'Allow 127.0.0.1'];
  return [
    `Listen 127.0.0.1:${port}`,
    `Listen ${join(root, 'cups.sock')}`,
    'LogLevel info',
    'Browsing No',
    'BrowseLocalProtocols none',
    'DefaultAuthType None',
    'DefaultEncryption Never',
    'WebInterface No',
    'PreserveJobHistory Yes',
    'PreserveJobFiles No',
    'MultipleOperationTimeout 60',
    ...['/', '/admin'].flatMap((location) => [`<Location ${location}>`, ...everybodyHere, '</Location>']),
    '<Policy default>',
    'JobPrivateAccess all',
    'JobPrivateValues none',
    'SubscriptionPrivateAccess all',
    'SubscriptionPrivateValues none',
    '<Limit All>',
    'Order deny,allow',
    '</Limit>',
    '</Policy>',
    '',
  ].join('\n');
}

function filesConfiguration(root: string): string {
  const folders = { ServerRoot: 'etc', ServerKeychain: 'ssl', RequestRoot: 'spool', TempDir: 'tmp', CacheDir: 'cache', StateDir: 'run' };
  const logs = { AccessLog: 'access_log', ErrorLog: 'error_log', PageLog: 'page_log' };
  return [
    'SystemGroup root lpadmin',
    'User lp',
    'Group lp',
    `ServerBin ${join(root, 'bin')}`,
    ...Object.entries({ ...folders, ...logs }).map(([directive, path]) => `${directive} ${join(root, path)}`),
    '',
  ].join('\n');
}
