import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startServerProcess } from '@inkpost/local/server-process.js';
import { freePort } from '@inkpost/testkit/free-port.js';
import { findServer } from '@inkpost/testkit/server-process.js';

const run = promisify(execFile);
const packages = ['cups-daemon', 'cups-client'];

export interface CupsScheduler {
  /** `127.0.0.1:<port>`, as `lp -h` wants it. */
  readonly host: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** A CUPS with one raw queue to an IPP printer, through Debian's own ipp backend. Needs root, as cupsd does. */
export async function startCupsScheduler(folder: string, queue: string, printerUri: string): Promise<CupsScheduler> {
  const port = await freePort();
  await makeFolders(folder);
  await writeFile(join(folder, 'etc/cupsd.conf'), cupsdConfiguration(folder, port));
  await writeFile(join(folder, 'etc/cups-files.conf'), filesConfiguration(folder));
  const server = await startServerProcess({
    name: 'CUPS',
    file: findServer('cupsd', packages),
    args: ['-f', '-c', join(folder, 'etc/cupsd.conf'), '-s', join(folder, 'etc/cups-files.conf')],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', TZ: 'UTC' },
    cwd: '/',
    readyLine: new RegExp(`Listening to 127\\.0\\.0\\.1:${port} `),
    readyWithinMs: 15_000,
    stopSignal: 'SIGTERM',
  });
  const host = `127.0.0.1:${port}`;
  try {
    await run(findServer('lpadmin', packages), ['-h', host, '-p', queue, '-E', '-v', printerUri, '-m', 'raw']);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { host, pid: server.pid, stop: () => server.stop() };
}

async function makeFolders(root: string): Promise<void> {
  // cupsd drops its rights to account lp, group lp, for all but itself.
  const { gid } = await stat('/var/spool/cups');
  for (const [name, mode] of [['', 0o755], ['etc', 0o755], ['ssl', 0o700], ['spool', 0o710], ['spool/tmp', 0o770], ['cache', 0o770], ['run', 0o755], ['run/certs', 0o755]] as const) {
    await mkdir(join(root, name), { recursive: true });
    await chmod(join(root, name), mode);
    await chown(join(root, name), 0, gid);
  }
}

/** Nothing that would slow it down: no limit of jobs, no copies of printed documents, no log but the start. */
function cupsdConfiguration(root: string, port: number): string {
  return [
    `Listen 127.0.0.1:${port}`,
    `Listen ${join(root, 'cups.sock')}`,
    'LogLevel info',
    'Browsing No',
    'DefaultAuthType None',
    'DefaultEncryption Never',
    'WebInterface No',
    'MaxJobs 0',
    'PreserveJobHistory No',
    'PreserveJobFiles No',
    ...['/', '/admin'].flatMap((location) => [`<Location ${location}>`, 'Order allow,deny', 'Allow 127.0.0.1', '</Location>']),
    '<Policy default>',
    '<Limit All>',
    'Order deny,allow',
    '</Limit>',
    '</Policy>',
    '',
  ].join('\n');
}

function filesConfiguration(root: string): string {
  const folders = { ServerRoot: 'etc', ServerKeychain: 'ssl', RequestRoot: 'spool', TempDir: 'spool/tmp', CacheDir: 'cache', StateDir: 'run' };
  return [
    'SystemGroup root lpadmin',
    'User lp',
    'Group lp',
    'ErrorLog stderr',
    ...Object.entries({ ...folders, AccessLog: 'access_log', PageLog: 'page_log' }).map(([directive, path]) => `${directive} ${join(root, path)}`),
    '',
  ].join('\n');
}
