import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type Client, Code, ConnectError } from '@connectrpc/connect';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { FieldProblemSchema } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';
import { MailboxTestService, type TestMailboxResponse } from '@inkpost/contracts/admin/v1/mailbox_diagnosis_pb.js';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { type DovecotServer, type MailUser, startDovecot } from '@inkpost/testkit/dovecot-server.js';
import { type GraphStandIn, startGraphStandIn } from '@inkpost/testkit/graph-stand-in/graph-stand-in.js';
import { type IdentityProvider, startIdentityProvider } from '@inkpost/testkit/identity-provider/identity-provider.js';
import { temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { TESTS_PER_MINUTE_MAX } from '../limits.js';
import { MailIngestHarness, type Replica } from '../mail-ingest.harness.js';

const user: MailUser = { address: 'print@inkpost.test', password: 'print-secret' };

describeWithServer('dovecot', 'the test of a mailbox', () => {
  let provider: IdentityProvider;
  let dovecot: DovecotServer;
  let graph: GraphStandIn;
  let harness: MailIngestHarness;
  let replica: Replica;
  let tests: Client<typeof MailboxTestService>;

  beforeAll(async () => {
    graph = await startGraphStandIn({ addresses: [user.address], authorize: async () => ({ mayWrite: false }) });
    provider = await startIdentityProvider({ users: [user], publicUrl: 'http://localhost:5780', applicationMailbox: user.address, graphUrl: graph.url });
    dovecot = await startDovecot({ users: [user], introspectionUrl: provider.introspectionUrl });
    const folder = await temporaryFolder('authorities');
    await writeFile(join(folder.path, 'ca.pem'), `${provider.ca}${graph.ca}`);
    harness = await MailIngestHarness.start();
    replica = await harness.startReplica({ INKPOST_OFFICE365_AUTHORITY: provider.authority, INKPOST_GRAPH_URL: graph.url, INKPOST_AUTHORITY_CA_FILE: join(folder.path, 'ca.pem') });
    return async () => {
      await harness.stop();
      await Promise.all([dovecot.remove(), provider.stop(), graph.stop(), folder.remove()]);
    };
  });

  // Each test is another administrator, so that none waits for the minute of the one before.
  let administrator = 0;
  beforeEach(() => {
    administrator += 1;
    tests = replica.clientAs(`administrator ${administrator}`, MailboxTestService);
  });

  const server = () => ({ host: '127.0.0.1', port: dovecot.imapsPort, tls: 'implicit', password: user.password, certificateAuthority: dovecot.ca });
  const imap = (own: object = {}, more: object = {}) => ({ address: user.address, kind: 'imap', queueId: 'queue', enabled: false, ...more, imap: { ...server(), ...own } });
  const office365 = (own: object = {}) => {
    const { clientId, clientSecret } = provider.office365;
    const { host, port, certificateAuthority } = server();
    return { address: user.address, kind: 'office365', queueId: 'queue', enabled: false, office365: { host, port, certificateAuthority, tenantId: provider.tenantId, clientId, clientSecret, access: 'application', ...own } };
  };
  const outcome = ({ steps }: TestMailboxResponse): string => steps.map(({ step, outcome }) => `${step} ${outcome}`).join(', ');
  const why = ({ steps }: TestMailboxResponse): string | undefined => steps.find((step) => step.outcome === 'failed')?.text;

  async function add(settings: object): Promise<string> {
    const { mailbox } = await replica.mailboxes.createMailbox({ settings });
    return mailbox?.mailboxId ?? '';
  }

  async function refusal(call: Promise<unknown>): Promise<{ code: Code; field: string | undefined }> {
    const error = ConnectError.from(await call.then(() => new Error('the call was not refused'), (reason: unknown) => reason));
    return { code: error.code, field: error.findDetails(FieldProblemSchema)[0]?.field };
  }

  it('answers for settings that are not saved, and saves nothing', async () => {
    const good = await tests.testMailbox({ settings: imap() });
    expect({ passed: good.passed, outcome: outcome(good) }).toEqual({ passed: true, outcome: 'dns passed, tcp passed, tls passed, login passed, folder passed, permissions skipped' });
    const wrong = await tests.testMailbox({ settings: imap({ password: 'wrong' }) });
    expect({ passed: wrong.passed, outcome: outcome(wrong) }).toEqual({ passed: false, outcome: 'dns passed, tcp passed, tls passed, login failed, folder not-run, permissions not-run' });
    expect((await replica.mailboxes.listMailboxes({})).mailboxes).toEqual([]);
  });

  it('checks settings as saving them does, and wants a right', async () => {
    expect(await refusal(tests.testMailbox({}))).toEqual({ code: Code.InvalidArgument, field: 'settings' });
    expect(await refusal(tests.testMailbox({ settings: imap({ host: 'no host' }) }))).toEqual({ code: Code.InvalidArgument, field: 'imap.host' });
    expect(await refusal(tests.testMailbox({ settings: imap({ password: undefined }) }))).toEqual({ code: Code.InvalidArgument, field: 'imap.password' });
    expect(await refusal(tests.testMailbox({ mailboxId: '00000000-0000-4000-8000-000000000000' }))).toEqual({ code: Code.NotFound, field: undefined });
    expect((await refusal(replica.clientOf(MailboxTestService, 'configuration.read').testMailbox({ settings: imap() }))).code).toBe(Code.PermissionDenied);
  });

  it('uses the stored password, and gives it to no other server', async () => {
    const mailboxId = await add(imap());
    expect((await tests.testMailbox({ mailboxId })).passed).toBe(true);
    expect((await tests.testMailbox({ mailboxId, settings: imap({ password: undefined, folder: 'INBOX' }) })).passed).toBe(true);
    expect(await refusal(tests.testMailbox({ mailboxId, settings: imap({ password: undefined, host: 'localhost' }) }))).toEqual({ code: Code.InvalidArgument, field: 'imap.password' });
    expect(await refusal(tests.testMailbox({ mailboxId, settings: imap({ password: undefined, port: dovecot.imapPort, tls: 'none' }) }))).toEqual({ code: Code.InvalidArgument, field: 'imap.password' });
    await replica.mailboxes.deleteMailbox({ mailboxId });
  });

  it('takes the way of POP3 too', async () => {
    const { host, password, certificateAuthority } = server();
    const pop3 = (own: object = {}) => ({ address: user.address, kind: 'pop3', queueId: 'queue', enabled: false, pop3: { host, port: dovecot.pop3sPort, tls: 'implicit', password, certificateAuthority, ...own } });
    const good = await tests.testMailbox({ settings: { ...pop3(), afterProcessing: 'delete' } });
    expect(outcome(good)).toBe('dns passed, tcp passed, tls passed, login passed, folder passed, permissions passed');
    expect(outcome(await tests.testMailbox({ settings: pop3({ port: dovecot.pop3Port, tls: 'starttls' }) }))).toContain('tls passed, login passed, folder passed');
    expect(why(await tests.testMailbox({ settings: pop3({ password: 'wrong' }) }))).toContain('refused the user name or the password');
    expect(why(await tests.testMailbox({ settings: pop3({ port: dovecot.imapPort, tls: 'starttls' }) }))).toContain('is not a POP3 server');
  });

  it('asks for a token where one is needed: of an application before it is saved, of a person after he associated it', async () => {
    const good = await tests.testMailbox({ settings: office365() });
    expect({ outcome: outcome(good), why: why(good) }).toEqual({ outcome: 'dns passed, tcp passed, tls passed, token passed, login passed, folder passed, permissions skipped', why: undefined });
    const secret = await tests.testMailbox({ settings: office365({ clientSecret: 'not the secret' }) });
    expect(outcome(secret)).toContain('tls passed, token failed, login not-run');
    expect(why(secret)).toMatch(/secret/);
    const unsaved = await tests.testMailbox({ settings: office365({ access: 'delegated' }) });
    expect(why(unsaved)).toBe('Save the mailbox and associate it with its account: only then an access token is granted for it.');
    const mailboxId = await add(office365({ access: 'delegated' }));
    expect(why(await tests.testMailbox({ mailboxId }))).toBe('The mailbox is not associated with its account yet: associate it.');
    await replica.mailboxes.deleteMailbox({ mailboxId });
  });

  it('never uses a stored grant with other settings, even when the secret is given again', async () => {
    const mailboxId = await add(office365());
    expect((await tests.testMailbox({ mailboxId })).passed).toBe(true);
    const elsewhere = await tests.testMailbox({ mailboxId, settings: office365({ access: 'delegated' }) });
    expect(why(elsewhere)).toContain('Save the mailbox and associate it');
    await replica.mailboxes.deleteMailbox({ mailboxId });
  });

  it('looks at the installation\'s Graph, and at what a token may do there', async () => {
    const settings = { ...office365({ protocol: 'graph', host: undefined, port: undefined, certificateAuthority: undefined }), afterProcessing: 'flag' };
    const result = await tests.testMailbox({ settings });
    expect(outcome(result)).toBe('dns passed, tcp passed, tls passed, token passed, login passed, folder passed, permissions failed');
    expect(result.steps[1]?.text).toContain(new URL(graph.url).port);
    expect(why(result)).toContain('Mail.ReadWrite');
  });

  it('looks at Inkpost\'s own listener for a mailbox that mail servers deliver to', async () => {
    const settings = { address: 'direct@inkpost.test', kind: 'smtp', queueId: 'queue', enabled: true };
    expect(outcome(await tests.testMailbox({ settings }))).toBe('listener passed, address skipped');
    const mailboxId = await add(settings);
    const saved = await tests.testMailbox({ mailboxId });
    expect(saved).toMatchObject({ passed: true, steps: [{ text: `Inkpost listens for mail servers on 127.0.0.1, port ${replica.smtpPort}.` }, { text: 'The listener takes mails for direct@inkpost.test.' }] });
    await replica.mailboxes.updateMailbox({ mailboxId, settings: { ...settings, enabled: false } });
    expect((await tests.testMailbox({ mailboxId })).steps[1]).toMatchObject({ outcome: 'skipped', text: expect.stringContaining('disabled') });
    expect(await harness.received()).toEqual([]);
  });

  it('ends when nobody waits for it any more', async () => {
    const gone = Promise.withResolvers<void>();
    const silent = createServer((socket) => void socket.resume().on('error', () => undefined).on('close', () => gone.resolve())).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const leaving = new AbortController();
    const call = tests.testMailbox({ settings: imap({ port: typeof address === 'object' ? address?.port : 0 }) }, { signal: leaving.signal });
    await once(silent, 'connection');
    const leftAt = performance.now();
    leaving.abort();
    await expect(call).rejects.toMatchObject({ code: Code.Canceled });
    await gone.promise;
    // Long before any of its steps would have given up.
    expect(performance.now() - leftAt).toBeLessThan(3_000);
    await new Promise((resolve) => silent.close(resolve));
  });

  it('is not for searching a network: so many a minute', async () => {
    for (let count = 0; count < TESTS_PER_MINUTE_MAX; count += 1) await tests.testMailbox({ settings: imap({ host: '169.254.0.1' }) });
    expect((await refusal(tests.testMailbox({ settings: imap() }))).code).toBe(Code.ResourceExhausted);
  });
});
