import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type ServerProcess, startServerProcess } from '@inkpost/local/server-process.js';
import { type DovecotPlace, dovecotSettings, INTROSPECTION_FILE, introspectionSettings, tokenSettings } from './dovecot-settings.js';
import { freePorts } from './free-port.js';
import { deliverByLmtp } from './deliver-by-lmtp.js';
import { makeCertificate, type KeyedCertificate } from './make-certificate.js';
import { answers, findServer } from './server-process.js';
import { temporaryFolder } from './temporary-folder.js';

const run = promisify(execFile);

export interface MailUser {
  /** The address, which is the login too. */
  readonly address: string;
  readonly password: string;
}

export interface DovecotOptions {
  readonly users: readonly MailUser[];
  /** By default self-signed for `localhost` and 127.0.0.1. */
  readonly certificate?: KeyedCertificate;
  /** Whom it asks about access tokens (RFC 7662); with it XOAUTH2 is offered too, as Microsoft 365 does. */
  readonly introspectionUrl?: string;
  /** More of Dovecot's own settings, after those of `dovecotSettings`. */
  readonly settings?: string;
}

/** A real Dovecot on 127.0.0.1. */
export interface DovecotServer {
  readonly imapPort: number;
  readonly imapsPort: number;
  readonly pop3Port: number;
  readonly pop3sPort: number;
  readonly lmtpPort: number;
  /** The certificate (PEM), to be given to clients as `ca`. */
  readonly ca: string;
  /** Takes up to a second: done when the new user can sign in. */
  addUser(user: MailUser): Promise<void>;
  /** Puts a raw mail (RFC 5322) into the inbox of each recipient. @throws Error with the server's reply. */
  deliver(mail: { readonly from?: string; readonly to: readonly string[]; readonly raw: string | Buffer }): Promise<void>;
  stop(): Promise<void>;
  /** On the same ports, with the same mail. */
  start(): Promise<void>;
  restart(): Promise<void>;
  /** As a crash: the master and all its processes are killed with -9, and its connections with them. */
  kill(): Promise<void>;
  /** Stops it and removes its mail: let `beforeAll` return it. */
  remove(): Promise<void>;
}

/**
 * Starts a Dovecot with these users, in about 0.3 s. Needs root.
 * @throws ServerMissing when it is not installed: wrap the tests in `describeWithServer('dovecot', …)`.
 */
export async function startDovecot(options: DovecotOptions): Promise<DovecotServer> {
  const program = findServer('dovecot', ['dovecot-imapd', 'dovecot-pop3d', 'dovecot-lmtpd']);
  const scratch = await temporaryFolder('dovecot');
  const place = await preparePlace(scratch.path, options);
  const users = [...options.users];
  await writeUsers(place, users);
  const start = (): Promise<ServerProcess> => startProcess(program, scratch.path);
  let server = await start().catch(async (error: unknown) => {
    await scratch.remove();
    throw error;
  });
  const { ports } = place;
  return {
    imapPort: ports.imap,
    imapsPort: ports.imaps,
    pop3Port: ports.pop3,
    pop3sPort: ports.pop3s,
    lmtpPort: ports.lmtp,
    ca: await readFile(join(scratch.path, 'tls', 'certificate.pem'), 'utf8'),
    addUser: async (user) => {
      users.push(user);
      await writeUsers(place, users);
      // Dovecot looks whether the file changed at most once in each second of the clock.
      await pause(1000 - (Date.now() % 1000) + 20);
    },
    deliver: (mail) => deliverByLmtp({ port: ports.lmtp, from: 'sender@test.example', ...mail }),
    stop: () => server.stop(),
    start: async () => {
      server = await start();
    },
    restart: async () => {
      await server.stop();
      server = await start();
    },
    kill: async () => {
      // A process of it that outlives the master keeps the ports for as long as it delivers: the next start would find them taken.
      process.kill(-server.pid, 'SIGKILL');
      await server.exited;
      while (await answers({ port: ports.lmtp })) await pause(10);
    },
    remove: async () => {
      await server.stop();
      await scratch.remove();
    },
  };
}

async function preparePlace(folder: string, { certificate, introspectionUrl, settings = '' }: DovecotOptions): Promise<DovecotPlace> {
  await chmod(folder, 0o755); // its processes run as several accounts
  for (const name of ['run', 'state', 'mail', 'tls']) await mkdir(join(folder, name), { mode: 0o755 });
  const { uid, gid } = await accountOf('mail');
  await chown(join(folder, 'mail'), uid, gid);
  const shown = certificate ?? (await makeCertificate({ commonName: 'localhost', names: ['DNS:localhost', 'IP:127.0.0.1'] }));
  await writeFile(join(folder, 'tls', 'certificate.pem'), shown.certificate);
  await writeFile(join(folder, 'tls', 'key.pem'), shown.key, { mode: 0o600 });
  const [imap = 0, imaps = 0, pop3 = 0, pop3s = 0, lmtp = 0] = await freePorts(5);
  const place: DovecotPlace = { folder, ports: { imap, imaps, pop3, pop3s, lmtp }, mailAccount: { uid, gid } };
  const tokens = introspectionUrl === undefined ? '' : tokenSettings(folder);
  if (introspectionUrl !== undefined) await writeFile(join(folder, INTROSPECTION_FILE), introspectionSettings(introspectionUrl));
  await writeFile(join(folder, 'dovecot.conf'), `${dovecotSettings(place)}\n${tokens}\n${settings}`);
  return place;
}

function startProcess(program: string, folder: string): Promise<ServerProcess> {
  return startServerProcess({
    name: 'Dovecot',
    file: program,
    args: ['-F', '-c', join(folder, 'dovecot.conf')],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', TZ: 'UTC' },
    cwd: '/',
    readyLine: /starting up for/,
    readyWithinMs: 15_000,
    stopSignal: 'SIGTERM',
  });
}

/** passwd-file: the six fields after the password stay empty. */
async function writeUsers({ folder }: DovecotPlace, users: readonly MailUser[]): Promise<void> {
  const file = join(folder, 'users');
  await writeFile(file, users.map(({ address, password }) => `${address}:{PLAIN}${password}::::::\n`).join(''));
  const { uid, gid } = await accountOf('dovecot');
  await chown(file, uid, gid);
}

async function accountOf(name: string): Promise<{ uid: number; gid: number }> {
  const { stdout } = await run('getent', ['passwd', name]);
  const [, , uid, gid] = stdout.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}
