import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { callbackify, promisify } from 'node:util';
import { Code, ConnectError } from '@connectrpc/connect';
import { FieldProblemSchema } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';
import { freePort } from '@inkpost/testkit/free-port.js';
import { type MailSink, startMailSink } from '@inkpost/testkit/mail-sink.js';
import { type TemporaryFolder, temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NotificationHarness, type StartedNotification } from '../notification.harness.js';

const run = promisify(execFile);

let harness: NotificationHarness;
let here: StartedNotification;
let replica: StartedNotification;
let sink: MailSink;
let folder: TemporaryFolder;
let certificate: { readonly key: string; readonly cert: string };

const admin = (started = here) => started.client('configuration.read', 'configuration.write');
const plain = (port: number, more: object = {}) => ({ host: '127.0.0.1', port, tls: 'none', fromAddress: 'print@inkpost.test', fromName: 'Print', language: 'en', ...more });

beforeAll(async () => {
  [harness, sink, folder] = [await NotificationHarness.start(), await startMailSink(), await temporaryFolder('certificate')];
  const [key, cert] = [join(folder.path, 'key.pem'), join(folder.path, 'cert.pem')];
  await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert]);
  certificate = { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
  [here, replica] = [await harness.startService(), await harness.startService()];
});

afterAll(async () => {
  await harness.stop();
  await sink.stop();
  await folder.remove();
});

async function fieldOf(call: Promise<unknown>): Promise<string | undefined> {
  const error = ConnectError.from(await call.then(() => new Error('nothing was refused'), (cause: unknown) => cause));
  return error.code === Code.InvalidArgument ? error.findDetails(FieldProblemSchema)[0]?.field : error.message;
}

/** A submission server as providers run them: TLS, and a password. */
async function startSubmission(options: { readonly secure: boolean }): Promise<{ readonly port: number; readonly users: string[]; stop(): Promise<void> }> {
  const users: string[] = [];
  const port = await freePort();
  const server = new SMTPServer({
    ...options, ...certificate, logger: false, closeTimeout: 500,
    onAuth: ({ username, password }, _session, callback) => (password === 's3cret' ? callback(null, { user: username }) : callback(Object.assign(new Error('wrong password'), { responseCode: 535 }))),
    onData: callbackify(async (stream: Readable, session: SMTPServerSession) => {
      users.push(`${String(session.user)}${session.secure ? ' over TLS' : ''}`);
      await buffer(stream);
    }),
  });
  server.on('error', () => undefined);
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return { port, users, stop: () => new Promise((resolve) => server.close(resolve)) };
}

describe('the outgoing mail server', () => {
  it('is not set at first, and a test says so', async () => {
    expect((await admin().getOutgoingMail({})).settings).toBeUndefined();
    expect(await admin().testOutgoingMail({ to: 'a@example.org' })).toMatchObject({ sent: false, answer: 'No outgoing mail server is configured yet.' });
  });

  it('once set holds at once here and within two seconds in another replica', async () => {
    expect((await admin().putOutgoingMail({ settings: plain(sink.port) })).settings).toMatchObject({ host: '127.0.0.1', port: sink.port, tls: 'none', passwordStored: false });
    expect(await admin().testOutgoingMail({ to: 'first@example.org' })).toMatchObject({ sent: true, answer: expect.stringContaining('250') as string });
    expect(await sink.waitFor((mail) => mail.to.includes('first@example.org'))).toMatchObject({ subject: 'Test of Inkpost’s outgoing mail' });
    await expect.poll(async () => (await admin(replica).testOutgoingMail({ to: 'second@example.org' })).sent, { timeout: 2_000 }).toBe(true);
    await admin(replica).putOutgoingMail({ settings: plain(await freePort()) });
    await expect.poll(async () => (await admin().testOutgoingMail({ to: 'third@example.org' })).answer, { timeout: 2_000 }).toContain('refuses connections on this port');
  });

  it.each([
    ['implicit', true],
    ['starttls', false],
  ])('is reached over TLS (%s) with a password, if its certificate is trusted', async (tls, secure) => {
    const server = await startSubmission({ secure });
    const wanted = plain(server.port, { host: 'localhost', tls, user: 'print', password: 's3cret' });
    await admin().putOutgoingMail({ settings: wanted });
    expect(await admin().testOutgoingMail({ to: 'a@example.org' })).toMatchObject({ sent: false, answer: expect.stringContaining('self-signed certificate') as string });
    await admin().putOutgoingMail({ settings: { ...wanted, certificateAuthority: certificate.cert } });
    expect(await admin().testOutgoingMail({ to: 'a@example.org' })).toMatchObject({ sent: true });
    expect(server.users).toEqual(['print over TLS']);
    await admin().putOutgoingMail({ settings: { ...wanted, certificateAuthority: certificate.cert, password: 'wrong' } });
    expect(await admin().testOutgoingMail({ to: 'a@example.org' })).toMatchObject({ sent: false, answer: expect.stringContaining('535') as string });
    await server.stop();
  });

  it.each(['169.254.169.254', '2852039166'])('is not connected to at a metadata address, whose setting the test names: %s', async (host) => {
    await admin().putOutgoingMail({ settings: plain(25, { host }) });
    expect(await admin().testOutgoingMail({ to: 'a@example.org' })).toMatchObject({
      sent: false,
      answer: expect.stringMatching(/ 169\.254\.169\.254,? (?:is )?a link-local or metadata address, where no server may be unless INKPOST_LINK_LOCAL_SERVERS is set to allowed\. Nothing was sent there\.$/) as unknown,
    });
  });

  it('is not used without TLS when STARTTLS is wanted', async () => {
    await admin().putOutgoingMail({ settings: plain(sink.port, { tls: 'starttls' }) });
    const before = sink.mails.length;
    expect(await admin().testOutgoingMail({ to: 'a@example.org' })).toMatchObject({ sent: false });
    expect(sink.mails.length).toBe(before);
  });

  it('keeps its password sealed and to itself', async () => {
    const wanted = plain(587, { user: 'print', password: 'correct horse' });
    expect((await admin().putOutgoingMail({ settings: wanted })).settings).toMatchObject({ passwordStored: true });
    const { settings } = await admin().getOutgoingMail({});
    expect([settings?.password, settings?.passwordStored]).toEqual([undefined, true]);
    const { rows } = await harness.superuser.query<{ row: string; hex: string }>("SELECT o::text AS row, encode(sealed_password, 'escape') AS hex FROM notification.outgoing_mail o");
    expect(JSON.stringify(rows)).not.toContain('correct horse');
  });

  it('keeps a stored password that is not given again, but for no other server or user', async () => {
    const wanted = plain(587, { user: 'print', password: 'correct horse' });
    await admin().putOutgoingMail({ settings: wanted });
    const { password: _, ...without } = wanted as { password?: string } & ReturnType<typeof plain>;
    expect((await admin().putOutgoingMail({ settings: { ...without, fromName: 'Renamed' } })).settings).toMatchObject({ passwordStored: true, fromName: 'Renamed' });
    expect(await fieldOf(admin().putOutgoingMail({ settings: { ...without, host: 'evil.example' } }))).toBe('password');
    expect(await fieldOf(admin().putOutgoingMail({ settings: { ...without, user: 'other' } as never }))).toBe('password');
    expect((await admin().putOutgoingMail({ settings: { ...without, password: '' } as never })).settings).toMatchObject({ passwordStored: false });
  });

  it('is refused with the name of the field that is wrong', async () => {
    const before = await admin().getOutgoingMail({});
    expect(await fieldOf(admin().putOutgoingMail({}))).toBe('settings');
    expect(await fieldOf(admin().putOutgoingMail({ settings: plain(0) }))).toBe('port');
    expect(await fieldOf(admin().putOutgoingMail({ settings: plain(25, { tls: 'maybe' }) }))).toBe('tls');
    expect(await fieldOf(admin().putOutgoingMail({ settings: plain(25, { fromAddress: 'nobody' }) }))).toBe('fromAddress');
    expect(await fieldOf(admin().testOutgoingMail({ to: 'a@example.org, b@example.org' }))).toBe('to');
    expect(await admin().getOutgoingMail({})).toEqual(before);
  });

  it('needs the rights to read and to write it', async () => {
    await expect(here.client('configuration.write').getOutgoingMail({})).rejects.toMatchObject({ code: Code.PermissionDenied });
    await expect(here.client('configuration.read').putOutgoingMail({ settings: plain(25) })).rejects.toMatchObject({ code: Code.PermissionDenied });
    await expect(here.client('configuration.read').testOutgoingMail({ to: 'a@example.org' })).rejects.toMatchObject({ code: Code.PermissionDenied });
  });
});
