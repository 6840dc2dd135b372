import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { type Client, Code } from '@connectrpc/connect';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { AssociationService, MailClientService } from '@inkpost/contracts/admin/v1/associations_pb.js';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { type DovecotServer, type MailUser, startDovecot } from '@inkpost/testkit/dovecot-server.js';
import { type IdentityProvider, startIdentityProvider } from '@inkpost/testkit/identity-provider/identity-provider.js';
import { Visitor } from '@inkpost/testkit/identity-provider/visitor.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { composeMail } from '@inkpost/testkit/send-mail.js';
import { temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually, MailIngestHarness, type Replica } from '../mail-ingest.harness.js';
import { TcpRelay } from '../tcp-relay.harness.js';

const names = ['watched', 'callback', 'browser', 'device', 'declined', 'google', 'own', 'application', 'ended', 'other'] as const;
type Name = (typeof names)[number];
const users = Object.fromEntries(names.map((name) => [name, { address: `${name}@inkpost.test`, password: `${name}-secret` }])) as Record<Name, MailUser>;
const NO_BROWSER = new Uint8Array();

const sha256 = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(createHash('sha256').update(text).digest());

describeWithServer('dovecot', 'a mailbox that signs in with tokens', () => {
  let provider: IdentityProvider;
  let dovecot: DovecotServer;
  let harness: MailIngestHarness;
  let replica: Replica;
  let associations: Client<typeof AssociationService>;
  let clients: Client<typeof MailClientService>;

  beforeAll(async () => {
    provider = await startIdentityProvider({ users: Object.values(users), publicUrl: 'http://localhost:5780', applicationMailbox: users.application.address });
    dovecot = await startDovecot({ users: Object.values(users), introspectionUrl: provider.introspectionUrl });
    const folder = await temporaryFolder('authority');
    await writeFile(join(folder.path, 'ca.pem'), provider.ca);
    harness = await MailIngestHarness.start();
    replica = await harness.startReplica({ INKPOST_OFFICE365_AUTHORITY: provider.authority, INKPOST_GOOGLE_ISSUER: provider.googleIssuer, INKPOST_AUTHORITY_CA_FILE: join(folder.path, 'ca.pem') });
    [associations, clients] = [replica.clientOf(AssociationService), replica.clientOf(MailClientService)];
    return async () => {
      await harness.stop();
      await dovecot.remove();
      await provider.stop();
      await folder.remove();
    };
  });

  function settingsOf(name: Name, kind: 'office365' | 'google', own: Readonly<Record<string, unknown>> = {}) {
    const server = { host: '127.0.0.1', port: dovecot.imapsPort, certificateAuthority: dovecot.ca };
    const { clientId, clientSecret } = provider.office365;
    const common = { address: users[name].address, kind, queueId: 'lobby', enabled: true };
    return kind === 'google' ? { ...common, google: { ...server, ...own } } : { ...common, office365: { ...server, tenantId: provider.tenantId, clientId, clientSecret, access: 'delegated', ...own } };
  }

  async function add(name: Name, kind: 'office365' | 'google' = 'office365', own: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const { mailbox } = await replica.mailboxes.createMailbox({ settings: settingsOf(name, kind, own) });
    return mailbox?.mailboxId ?? '';
  }

  const ranOut = (mailboxId: string) => eventually(async () => (await harness.superuser.query('SELECT 1 FROM mail_ingest.association WHERE mailbox_id = $1 AND access_token_expires_at < now()', [mailboxId])).rowCount === 1, 'its token has run out');

  const shown = async (mailboxId: string) => (await replica.mailboxes.getMailbox({ mailboxId })).mailbox;
  const inState = (mailboxId: string, state: string) => eventually(async () => {
    const mailbox = await shown(mailboxId);
    return mailbox?.state === state && mailbox;
  }, `the mailbox is ${state}`);
  const associationOf = async (mailboxId: string) => (await associations.getAssociation({ mailboxId })).association;

  async function deliver(name: Name, subject: string): Promise<void> {
    const { raw } = await composeMail({ from: 'sender@example.org', to: users[name].address, subject, attachments: [{ filename: `${subject}.pdf`, content: samplePdf({ text: subject }) }] });
    await dovecot.deliver({ to: [users[name].address], raw });
  }

  /** Goes where the browser is sent, signs in, and gives the query that it comes back with. */
  async function signIn(mailboxId: string, name: Name, consent: 'accept' | 'cancel' = 'accept'): Promise<string> {
    const { authorizationUrl } = await associations.beginAssociation({ mailboxId });
    const back = await new Visitor(provider.ca).signIn(authorizationUrl, { account: users[name].address, password: users[name].password, consent });
    return back.search.slice(1);
  }

  const finish = (query: string, provider = 'office365', browserSha256 = NO_BROWSER) => associations.finishAssociation({ provider, query, browserSha256 });

  it('asks to be associated, takes in what is there once it is, and goes on by itself when its token runs out or its consent is renewed', async () => {
    await deliver('watched', 'there before');
    const relay = await TcpRelay.to(dovecot.imapsPort);
    const id = await add('watched', 'office365', { port: relay.port });
    expect((await inState(id, 'needs-association')).problem).toMatch(/not associated with its account yet/);
    expect(await associationOf(id)).toMatchObject({ state: 'none', redirectUri: 'http://localhost:5780/api/v0/oauth/office365/ack' });
    provider.setAccessTokenSeconds(1);
    expect(await finish(await signIn(id, 'watched'))).toMatchObject({ outcome: 'associated', mailboxAddress: users.watched.address, account: users.watched.address });
    await harness.messageAbout('there before');
    expect(await associationOf(id)).toMatchObject({ state: 'associated', account: users.watched.address, associatedBy: 'tester', problem: '' });
    await inState(id, 'connected');

    // The server notices only at the next sign-in.
    const refreshes = () => provider.tokenRequests().filter(({ grantType }) => grantType === 'refresh_token').length;
    const before = refreshes();
    await ranOut(id);
    relay.cut();
    await deliver('watched', 'after its token ran out');
    await harness.messageAbout('after its token ran out');
    expect(refreshes()).toBeGreaterThan(before);

    provider.revoke(users.watched.address);
    await ranOut(id);
    relay.cut();
    expect((await inState(id, 'needs-association')).problem).toMatch(/The consent was revoked.*Associate the mailbox again/);
    await deliver('watched', 'while nobody was let in');
    provider.setAccessTokenSeconds(3_600);
    expect((await finish(await signIn(id, 'watched'))).outcome).toBe('associated');
    await harness.messageAbout('while nobody was let in');
    expect((await inState(id, 'connected')).problem).toBe('');
    await relay.close();
  });

  describe('on its callback', () => {
    let id: string;
    beforeAll(async () => {
      id = await add('callback');
    });

    it('takes no state that nobody began with, and each one once', async () => {
      expect((await finish('code=abc&state=made-up')).outcome).toBe('unknown-state');
      expect((await finish('')).outcome).toBe('unknown-state');
      const query = await signIn(id, 'callback');
      expect(await Promise.all([finish(query), finish(query)]).then((answers) => answers.map(({ outcome }) => outcome).sort())).toEqual(['associated', 'used']);
      expect((await finish(query)).outcome).toBe('used');
    });

    it('takes no state of a sign-in that began too long ago, was begun anew, or for other settings', async () => {
      const old = await signIn(id, 'callback');
      await harness.superuser.query(`UPDATE mail_ingest.association_attempt SET expires_at = now() WHERE mailbox_id = $1 AND finished_at IS NULL`, [id]);
      expect((await finish(old)).outcome).toBe('expired');
      const replaced = await signIn(id, 'callback');
      const changed = await signIn(id, 'callback');
      expect((await finish(replaced)).outcome).toBe('used');
      await replica.mailboxes.updateMailbox({ mailboxId: id, settings: settingsOf('callback', 'office365', { host: 'localhost' }) });
      expect(await finish(changed)).toMatchObject({ outcome: 'settings-changed', mailboxAddress: users.callback.address });
    });

    it('takes no code of another sign-in (RFC 9700, 4.5)', async () => {
      const stolen = new URLSearchParams(await signIn(id, 'callback')).get('code') ?? '';
      const own = new URLSearchParams(await signIn(id, 'callback'));
      own.set('code', stolen);
      expect(await finish(own.toString())).toMatchObject({ outcome: 'refused', problem: expect.stringMatching(/AADSTS50173/) });
    });

    it('says that the consent was declined, that another account signed in, and what an authority refuses', async () => {
      expect(await finish(await signIn(id, 'callback', 'cancel'))).toMatchObject({ outcome: 'consent-denied' });
      expect(await finish(await signIn(id, 'other'))).toMatchObject({ outcome: 'other-account', account: users.other.address, mailboxAddress: users.callback.address });
      expect((await associationOf(id))?.state).not.toBe('pending');
      const query = await signIn(id, 'callback');
      provider.refuse('office365', 'secret-expired');
      expect(await finish(query)).toMatchObject({ outcome: 'refused', problem: expect.stringMatching(/client secret has expired/) });
      provider.refuse('office365', undefined);
    });
  });

  it('is finished only by the browser that began, where one began', async () => {
    const mailboxId = await add('browser');
    const elsewhere = await associations.beginAssociation({ mailboxId, browserSha256: sha256('secret'), browserOrigin: 'http://127.0.0.1:5780' });
    expect(elsewhere.boundToBrowser).toBe(false);
    const { authorizationUrl, boundToBrowser } = await associations.beginAssociation({ mailboxId, browserSha256: sha256('secret'), browserOrigin: 'http://localhost:5780' });
    expect(boundToBrowser).toBe(true);
    expect((await associationOf(mailboxId))).toMatchObject({ state: 'pending', pending: { method: 'browser' } });
    const back = await new Visitor(provider.ca).signIn(authorizationUrl, { account: users.browser.address, password: users.browser.password });
    const query = back.search.slice(1);
    expect([(await finish(query)).outcome, (await finish(query, 'office365', sha256('other'))).outcome]).toEqual(['other-browser', 'other-browser']);
    expect((await finish(query, 'office365', sha256('secret'))).outcome).toBe('associated');
  });

  it('is associated by a code for another device, which is asked for until it is confirmed or declined', async () => {
    const [confirmed, declined] = [await add('device'), await add('declined')];
    const [one, other] = [await associations.beginDeviceAssociation({ mailboxId: confirmed }), await associations.beginDeviceAssociation({ mailboxId: declined })];
    expect(await associationOf(confirmed)).toMatchObject({ state: 'pending', pending: { method: 'device', userCode: one.userCode, verificationUri: one.verificationUri } });
    await new Visitor(provider.ca).confirmDevice(one.verificationUri, one.userCode, { account: users.device.address, password: users.device.password });
    await new Visitor(provider.ca).confirmDevice(other.verificationUri, other.userCode, { account: users.declined.address, password: users.declined.password, consent: 'cancel' });
    await deliver('device', 'by device code');
    await eventually(async () => (await associationOf(confirmed))?.state === 'associated', 'the device code is exchanged', 15_000);
    await harness.messageAbout('by device code');
    expect(await eventually(async () => {
      const association = await associationOf(declined);
      return association?.state === 'none' && association;
    }, 'the declined one is over', 15_000)).toMatchObject({ problem: expect.stringMatching(/declined/) });
  });

  it('of Google uses the installation\'s client, or its own', async () => {
    const id = await add('google', 'google');
    const missing = await eventually(async () => (await shown(id))?.problem || undefined, 'it has a problem');
    expect(missing).toMatch(/Neither the mailbox nor the installation has a client for Google/);
    await expect(associations.beginAssociation({ mailboxId: id })).rejects.toThrow(/has a client for Google/);
    const { clientId, clientSecret } = provider.google;
    await expect(clients.putGoogleClient({ clientId })).rejects.toMatchObject({ code: Code.InvalidArgument });
    expect((await clients.putGoogleClient({ clientId, clientSecret })).client).toMatchObject({ clientId, clientSecretStored: true, redirectUri: 'http://localhost:5780/api/v0/oauth/google/ack' });
    expect(inspect(await clients.getGoogleClient({}), { depth: null })).not.toContain(clientSecret);
    await deliver('google', 'by Google');
    expect((await finish(await signIn(id, 'google'), 'google')).outcome).toBe('associated');
    await harness.messageAbout('by Google');
    await expect(associations.beginDeviceAssociation({ mailboxId: id })).rejects.toThrow(/Google grants no access to mail by a code/);
    const own = await add('own', 'google', { clientId, clientSecret });
    await clients.deleteGoogleClient({});
    await deliver('own', 'by a client of its own');
    expect((await finish(await signIn(own, 'own'), 'google')).outcome).toBe('associated');
    await harness.messageAbout('by a client of its own');
  });

  it('with access by the application needs nobody, and signs in by POP3 as well', async () => {
    await deliver('application', 'by the application');
    const soon = new Date(Date.now() + 7 * 86_400_000);
    const id = await add('application', 'office365', { access: 'application', protocol: 'pop3', port: dovecot.pop3sPort, clientSecretExpiresAt: timestampFromDate(soon) });
    await harness.messageAbout('by the application');
    expect((await shown(id))?.expires).toMatchObject([{ what: 'client-secret', soon: true }]);
    expect(await associationOf(id)).toMatchObject({ state: 'not-needed' });
    await expect(associations.beginAssociation({ mailboxId: id })).rejects.toMatchObject({ code: Code.FailedPrecondition });
  });

  it('is let go when its association is deleted, which only those may do who may change it', async () => {
    const id = await add('ended');
    expect((await finish(await signIn(id, 'ended'))).outcome).toBe('associated');
    await inState(id, 'connected');
    const reader = replica.clientOf(AssociationService, 'configuration.read');
    const unentitled = replica.clientOf(AssociationService, 'jobs.read');
    for (const forbidden of [() => reader.deleteAssociation({ mailboxId: id }), () => reader.beginAssociation({ mailboxId: id }), () => reader.beginDeviceAssociation({ mailboxId: id }), () => unentitled.getAssociation({ mailboxId: id })]) {
      await expect(forbidden()).rejects.toMatchObject({ code: Code.PermissionDenied });
    }
    await associations.deleteAssociation({ mailboxId: id });
    await inState(id, 'needs-association');
    expect(await associationOf(id)).toMatchObject({ state: 'none' });
    const smtp = await harness.addSmtpMailbox(replica, 'smtp@inkpost.test');
    await expect(associations.getAssociation({ mailboxId: smtp })).rejects.toThrow(/kind smtp is not associated/);
    await expect(associations.getAssociation({ mailboxId: 'nobody' })).rejects.toMatchObject({ code: Code.NotFound });
  });
});
