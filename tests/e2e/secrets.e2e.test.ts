import { execFile } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { readdir, readFile, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MASTER_KEY_HOLDERS } from '@inkpost/suite/ensure-secrets.js';
import { KeyFiles } from '@inkpost/suite/replace-master-key/key-files.js';
import { type KeptKey, retire, rotate } from '@inkpost/suite/replace-master-key/replace-master-key.js';
import { projectFolder } from '@inkpost/local/project-folder.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { composeMail, sendMail } from '@inkpost/testkit/send-mail.js';
import { type Installation, install, MAILBOX, PASSWORD } from './installation.js';

/** Secrets as people choose them and as servers give them, each found nowhere else. */
const mark = randomBytes(6).toString('hex');
const chosen = {
  imapPassword: `Imap-${mark}-Passw0rd`, outgoingPassword: `Smtp-${mark}-Passw0rd`, directoryPassword: `Ldap-${mark}-Passw0rd`, googleSecret: `GOCSPX-${mark}-secret`,
  signOnSecret: `Oidc-${mark}-secret`, userManagementPassword: `Wsc-${mark}-Passw0rd`,
  guestPassword: `Guest-${mark}-Passw0rd`, pin: String(randomInt(1e11, 1e12)), cardNumber: `04${mark.toUpperCase()}77`, documentText: `Confidential-${mark}-minutes`,
};
const DATABASE_PLACE = 'database';

let inkpost: Installation;
let home = '';
let ownerUrl = '';

beforeAll(async () => {
  inkpost = await install('processes', async () => ({ INKPOST_LOG_LEVEL: 'verbose' }));
  home = dirname(inkpost.logFile);
  ownerUrl = inkpost.postgres.current.superuserUrl;
});
afterAll(() => inkpost?.remove());

async function asCommand(command: (kept: KeptKey, tell: (line: string) => void) => Promise<number>): Promise<string> {
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const lines: string[] = [];
    // Less than the command waits, more than a service goes by what it read.
    await command({ client, files: new KeyFiles(join(home, 'secrets')), elsewhere: undefined, knownEverywhereMs: 1_200 }, (line) => lines.push(line));
    return lines.join('\n');
  } finally {
    await client.end();
  }
}

async function letAnHourPass(): Promise<void> {
  const before = new Date(Date.now() - 3_600_000);
  for (const holder of ['owner', ...MASTER_KEY_HOLDERS]) await utimes(join(home, 'secrets', holder, 'master-key'), before, before);
}

/** The files of a folder with what they hold. */
async function* contentsOf(folder: string): AsyncGenerator<readonly [name: string, bytes: Buffer]> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    // Files come and go beside us.
    const bytes = entry.isFile() ? await readFile(path).catch(() => undefined) : undefined;
    if (bytes) yield [path, bytes];
  }
}

async function redisFolder(): Promise<string> {
  const redis = new Redis(inkpost.redis.current.url);
  const [, folder] = await redis.config('GET', 'dir');
  redis.disconnect();
  return folder ?? '';
}

/** Whatever was ever written: all tables with their bytes, the database's own files and its log of changes, all commands that Redis took, all logs, the spool. */
async function* everythingWritten(): AsyncGenerator<readonly [name: string, bytes: Buffer]> {
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  const { rows: tables } = await client.query<{ name: string }>("SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')");
  for (const { name } of tables) {
    const { rows } = await client.query<{ text: string }>(`SELECT t::text AS text FROM ${name} AS t`);
    const text = rows.map((row) => row.text).join('\n');
    // What is stored as bytes is looked into as bytes too.
    yield [`${DATABASE_PLACE} ${name}`, Buffer.concat([Buffer.from(text), ...[...text.matchAll(/\\x([0-9a-f]{2,})/g)].map(([, hex]) => Buffer.from(hex ?? '', 'hex'))])];
  }
  await client.query('CHECKPOINT');
  await client.end();
  yield* contentsOf(join(inkpost.postgres.current.dataFolder, 'cluster'));
  yield* contentsOf(join(await redisFolder(), 'appendonlydir'));
  yield* contentsOf(join(home, 'spool'));
  yield [inkpost.logFile, await readFile(inkpost.logFile)];
}

/** As it is, and as it looks in base64, wherever it begins there, and in hexadecimal digits. */
function formsOf(secret: string): Buffer[] {
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].map((before) => Buffer.concat([Buffer.alloc(before), bytes]).toString('base64').replace(/=+$/, '').slice(before === 0 ? 0 : before + 1, -1));
  return [secret, ...base64, bytes.toString('hex')].map((text) => Buffer.from(text));
}

async function placesOf(secrets: Readonly<Record<string, string>>): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = Object.fromEntries(Object.keys(secrets).map((name) => [name, []]));
  for await (const [place, bytes] of everythingWritten()) {
    for (const [name, secret] of Object.entries(secrets)) if (formsOf(secret).some((form) => bytes.includes(form))) found[name]?.push(place);
  }
  return found;
}

/** Every secret file of the installation, the parts of the master key one by one. */
async function generatedSecrets(): Promise<Record<string, string>> {
  const secrets: Record<string, string> = {};
  for await (const [path, bytes] of contentsOf(join(home, 'secrets'))) {
    for (const [index, line] of bytes.toString().trim().split('\n').entries()) secrets[`${path} ${index}`] = line.replace(/^\w+:/, '');
  }
  return secrets;
}

describe('an installation', () => {
  let codes: string[] = [];
  let tokens: Record<string, string> = {};

  it('is given secrets of all kinds and works', async () => {
    const { rest } = inkpost;
    await rest.put('/api/v0/outgoing-mail', { host: '127.0.0.1', port: 1, tls: 'implicit', user: 'inkpost', password: chosen.outgoingPassword, fromAddress: MAILBOX, fromName: 'Inkpost' });
    await rest.put('/api/v0/outgoing-mail', { host: '127.0.0.1', port: inkpost.sink.port, tls: 'none', fromAddress: MAILBOX, fromName: 'Inkpost' });
    await rest.post('/api/v0/mailboxes', { address: 'far@inkpost.test', kind: 'imap', queueId: 'direct', imap: { host: '127.0.0.1', port: 1, tls: 'implicit', password: chosen.imapPassword } });
    await rest.put('/api/v0/mail-clients/google', { clientId: 'id', clientSecret: chosen.googleSecret });
    const { directoryId } = await rest.post<{ directoryId: string }>('/api/v0/directories', { name: 'ORGA', kind: 'ldap', ldap: { host: '127.0.0.1', port: 1, bindDn: 'cn=reader', password: chosen.directoryPassword, baseDn: 'dc=example', peopleFilter: '(objectClass=person)' } });
    await rest.put('/api/v0/single-sign-on', { name: 'Corp', issuer: 'https://localhost:1', clientId: 'inkpost', clientSecret: chosen.signOnSecret, directoryId });
    await rest.put('/api/v0/user-management-server', { address: '127.0.0.1', port: 1, account: 'inkpost', password: chosen.userManagementPassword });
    await rest.delete('/api/v0/user-management-server');
    await rest.post('/api/v0/guests', { login: 'gwen', displayName: 'Gwen', addresses: ['gwen@example.org'], password: chosen.guestPassword, pin: chosen.pin, cardNumber: chosen.cardNumber });
    const { token } = await rest.post<{ token: string }>('/api/v0/session', { account: 'maintenance', password: PASSWORD });
    const { secret } = await rest.post<{ secret: string }>('/api/v0/api-tokens', { name: 'program', rights: ['jobs.read'], expiresAt: new Date(Date.now() + 86_400_000).toISOString() });
    tokens = { token, apiToken: secret };
    // Gwen has a PIN, and is mailed no code.
    for (const from of ['ada@example.org', 'bob@example.org', 'gwen@example.org']) await inkpost.mailPdf({ from, text: chosen.documentText });
    codes = [await inkpost.codeFor('ada@example.org'), await inkpost.codeFor('bob@example.org')];
  });

  it('replaces its master key while mails come in, and what was sealed before opens after the old key is gone', async () => {
    const before = await readFile(join(home, 'secrets', 'owner', 'master-key'), 'utf8');
    const sent: string[] = [];
    const over = new AbortController();
    const sending = (async () => {
      while (!over.signal.aborted) {
        const { raw, messageId } = await composeMail({ from: 'busy@example.org', to: MAILBOX, attachments: [{ filename: 'a.pdf', content: samplePdf({ text: `Busy ${sent.length}` }) }] });
        await sendMail({ port: inkpost.ports.smtp, from: 'busy@example.org', to: MAILBOX, raw });
        sent.push(messageId);
        await pause(50);
      }
    })();
    expect(await asCommand(rotate)).toMatch(/Version 2 seals from now on\.\n[^]*spool\.document\.wrapped_key: [1-9][^]*\n[1-9]\d* sealed anew with version 2\./);
    await letAnHourPass();
    expect(await asCommand((kept, tell) => retire(kept, false, tell))).toContain('Version 1 is removed');
    over.abort();
    await sending;
    expect((await readFile(join(home, 'secrets', 'print-submit', 'master-key'), 'utf8')).includes(before.trim().slice(2))).toBe(false);

    for (const messageId of sent) await inkpost.journeyWith(messageId, 'held');
    codes.push(await inkpost.codeFor('busy@example.org'));
    const printedBefore = inkpost.printer.printed.length;
    for (const code of codes) await inkpost.rest.post('/api/v0/release', { code });
    await expect.poll(() => inkpost.printer.printed.length - printedBefore, { timeout: 30_000 }).toBe(sent.length + 2);
    expect(sent.length).toBeGreaterThan(10);
  }, 120_000);

  it('has none of its secrets in its database, in Redis, in its spool or in its logs', async () => {
    const codesAsMailed = Object.fromEntries(codes.flatMap((code, index) => [[`code ${index}`, code], [`code ${index} bare`, code.replaceAll('-', '')]]));
    const generated = await generatedSecrets();
    expect(Object.keys(generated).length).toBeGreaterThan(30);
    const secrets = { ...chosen, ...tokens, ...codesAsMailed, ...generated, maintenancePassword: PASSWORD };
    const known = await placesOf({ ...secrets, sender: 'busy@example.org' });
    const { sender, ...leaked } = known;
    // What is no secret is found: so would be what is.
    expect(sender?.map((place) => place.replace(/^.*\/(base|pg_wal|appendonlydir)\/.*$/, '$1').split(' ')[0])).toEqual(expect.arrayContaining([DATABASE_PLACE, 'base', 'pg_wal', 'appendonlydir']));
    expect(Object.entries(leaked).filter(([, places]) => places.length > 0)).toEqual([]);
  });

  it('tells by the command what is sealed with which version', async () => {
    const environment = { PATH: process.env['PATH'], INKPOST_HOME: home, INKPOST_DATABASE_OWNER_URL: ownerUrl, INKPOST_SECRETS_FOLDER: join(home, 'secrets') };
    const { stdout } = await promisify(execFile)(process.execPath, [join(projectFolder, 'infra/suite/dist/secrets.js'), 'status'], { env: environment });
    expect(stdout).toMatch(/^Version 2 seals\. The key is kept in the secrets folder\.\n/);
    expect(stdout).toMatch(/mail_ingest\.mailbox\.sealed_password +1 with version 2\n/);
    expect(stdout).not.toContain('version 1');
  });
});
