import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AssociationService } from '@inkpost/contracts/admin/v1/associations_pb.js';
import type { GraphMailbox } from '@inkpost/testkit/graph-stand-in/graph-mailbox.js';
import { type GraphCaller, type GraphStandIn, startGraphStandIn } from '@inkpost/testkit/graph-stand-in/graph-stand-in.js';
import { type IdentityProvider, startIdentityProvider } from '@inkpost/testkit/identity-provider/identity-provider.js';
import { Visitor } from '@inkpost/testkit/identity-provider/visitor.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { eventually, MailIngestHarness, type Replica } from '../mail-ingest.harness.js';

const MB = 1024 * 1024;
const names = ['app', 'person', 'anew', 'large', 'huge', 'slow', 'folder', 'two'] as const;
type Name = (typeof names)[number];
const addressOf = (name: Name) => `${name}@inkpost.test`;

describe('an Office 365 mailbox watched by Graph', () => {
  let graph: GraphStandIn;
  let provider: IdentityProvider;
  let harness: MailIngestHarness;
  let replica: Replica;
  let env: Record<string, string>;

  /** Graph knows a token by asking who granted it, and takes only its own. */
  async function authorize(token: string): Promise<GraphCaller | undefined> {
    const { origin } = new URL(provider.introspectionUrl);
    const answer = await fetch(`${origin}/`, { method: 'POST', body: new URLSearchParams({ token }) });
    const { active, username, scope = '' } = (await answer.json()) as { active: boolean; username?: string; scope?: string };
    if (!active || !scope.includes(graph.url)) return undefined;
    return username === undefined ? { mayWrite: true } : { user: username, mayWrite: true };
  }

  beforeAll(async () => {
    graph = await startGraphStandIn({ addresses: names.map(addressOf), authorize });
    provider = await startIdentityProvider({ users: [{ address: addressOf('person'), password: 'secret' }], publicUrl: 'http://localhost:5780', graphUrl: graph.url });
    harness = await MailIngestHarness.start();
    const certificates = join(harness.spoolFolder, '..', 'authorities.pem');
    await writeFile(certificates, `${provider.ca}${graph.ca}`);
    env = { INKPOST_GRAPH_URL: graph.url, INKPOST_OFFICE365_AUTHORITY: provider.authority, INKPOST_AUTHORITY_CA_FILE: certificates };
    replica = await harness.startReplica(env);
  });
  afterAll(async () => {
    await harness.stop();
    await Promise.all([graph.stop(), provider.stop()]);
  });

  interface Wish {
    readonly access?: 'application' | 'delegated';
    readonly folder?: string;
    readonly afterProcessing?: string;
    readonly processedFolder?: string;
    readonly enabled?: boolean;
  }

  function settingsOf(name: Name, { access = 'application', folder = '', afterProcessing = 'keep', processedFolder = '', enabled = true }: Wish = {}) {
    const { clientId, clientSecret } = provider.office365;
    return { address: addressOf(name), kind: 'office365', queueId: 'queue', enabled, afterProcessing, processedFolder, office365: { tenantId: provider.tenantId, clientId, clientSecret, access, protocol: 'graph', folder } };
  }

  async function watch(name: Name, wish: Wish = {}, by = replica): Promise<string> {
    const { mailbox } = await by.mailboxes.createMailbox({ settings: settingsOf(name, wish) });
    return mailbox?.mailboxId ?? '';
  }

  /** Its watcher begins anew, instead of looking after some seconds. */
  async function watchAnew(mailboxId: string, name: Name, wish: Wish = {}, by = replica): Promise<void> {
    await by.mailboxes.updateMailbox({ mailboxId, settings: settingsOf(name, wish) });
  }

  async function waitForState(mailboxId: string, state: string) {
    return eventually(async () => {
      const { mailbox } = await replica.mailboxes.getMailbox({ mailboxId });
      return mailbox?.state === state && mailbox;
    }, `the mailbox is ${state}`, 20_000);
  }

  const account = (name: Name): GraphMailbox => graph.mailbox(addressOf(name));
  const countOf = async (subject: string) => (await harness.received()).filter((message) => message.subject === subject).length;
  const linesOf = (name: Name, part: string) => graph.requests.filter(({ line }) => line.includes(encodeURIComponent(addressOf(name))) && line.includes(part)).map(({ line }) => line);

  it.concurrent('takes in what is there and what comes, each once, and does not list all again after a restart', async () => {
    account('app').deliver(mailWith('there before'));
    const id = await watch('app');
    const before = await harness.messageAbout('there before');
    expect(before).toMatchObject({ mailboxId: id, sender: { address: 'sender@example.org' }, documents: [{ fileName: 'there before.pdf' }] });
    expect((await harness.documentBytes(before.documents[0]?.documentId ?? '')).equals(samplePdf({ text: 'there before' }))).toBe(true);
    expect(await harness.journey(before.messageId)).toMatchObject([{ step: 'received', evidence: { source: 'office365', protocol: 'graph', folder: 'INBOX' } }, { step: 'document-extracted' }]);
    expect((await waitForState(id, 'polling')).problem).toBe('');
    account('app').deliver(mailWith('came later'));
    await eventually(() => countOf('came later').then((count) => count === 1), 'it was looked for within 10 s', 15_000);
    await watchAnew(id, 'app');
    account('app').deliver(mailWith('after all'));
    await eventually(() => countOf('after all').then((count) => count === 1), 'the new watcher goes on', 15_000);
    expect([await countOf('there before'), await countOf('came later')]).toEqual([1, 1]);
    expect(linesOf('app', '/delta').filter((line) => !line.includes('token'))).toHaveLength(1);
    expect(account('app').messagesIn('inbox').every(({ isRead, categories }) => !isRead && categories.length === 0)).toBe(true);
  }, 40_000);

  it.concurrent('needs the consent of its account, and then does with its mails what is wanted', async () => {
    account('person').deliver(mailWith('by consent'));
    const id = await watch('person', { access: 'delegated', afterProcessing: 'flag' });
    expect((await waitForState(id, 'needs-association')).problem).not.toBe('');
    const associations = replica.clientOf(AssociationService, 'configuration.read', 'configuration.write');
    const { authorizationUrl } = await associations.beginAssociation({ mailboxId: id });
    const back = await new Visitor(provider.ca).signIn(authorizationUrl, { account: addressOf('person'), password: 'secret' });
    await associations.finishAssociation({ provider: 'office365', query: back.search.slice(1) });
    await harness.messageAbout('by consent');
    await eventually(async () => account('person').messagesIn('inbox').every(({ isRead, categories }) => isRead && categories.includes('InkpostDone')), 'it is flagged');
    expect(graph.requests.some(({ line }) => line.startsWith('PATCH /me/messages/'))).toBe(true);
    provider.revoke(addressOf('person'));
    expect((await waitForState(id, 'needs-association')).problem).not.toBe('');
  }, 40_000);

  it.concurrent('says how long Graph wants no requests, leaves it alone meanwhile, and does not slow others down', async () => {
    account('slow').deliver(mailWith('in spite of all'));
    graph.fail(/slow%40inkpost\.test\/.*delta/, { status: 429, code: 'ApplicationThrottled', headers: { 'retry-after': '7' } });
    const id = await watch('slow');
    expect((await waitForState(id, 'waiting')).problem).toMatch(/^Microsoft Graph is overloaded or got too many requests for this mailbox, and wants none for [67] s\.$/);
    account('two').deliver(mailWith('of another'));
    const other = await watch('two');
    await harness.messageAbout('of another');
    expect((await replica.mailboxes.getMailbox({ mailboxId: id })).mailbox?.state).toBe('waiting');
    await replica.mailboxes.deleteMailbox({ mailboxId: other });
    await eventually(() => countOf('in spite of all').then((count) => count === 1), 'it goes on', 40_000);
    const own = graph.requests.filter(({ line }) => line.includes('slow%40inkpost.test'));
    const refused = own.findIndex(({ line }) => line.includes('/delta'));
    expect((own[refused + 1]?.at ?? 0) - (own[refused]?.at ?? 0)).toBeGreaterThan(6_900);
  }, 60_000);

  it.concurrent('says that its folder is missing, and goes on by itself when it is there', async () => {
    const id = await watch('folder', { folder: 'INBOX/To print' });
    expect((await waitForState(id, 'folder-missing')).problem).toBe('The requested folder could not be found');
    account('folder').makeFolder('inbox/To print');
    account('folder').deliver(mailWith('in a new folder'), 'inbox/To print');
    await eventually(() => countOf('in a new folder').then((count) => count === 1), 'it goes on', 25_000);
    expect((await waitForState(id, 'polling')).problem).toBe('');
  }, 40_000);

  it('knows a mail that was moved away and back, even when its bytes are not the same any more', async () => {
    const own = account('anew');
    own.makesMimeAnew = true;
    own.makeFolder('Elsewhere');
    const { immutableId } = own.deliver(mailWith('away and back'));
    const id = await watch('anew', { afterProcessing: 'flag' });
    const { messageId } = await harness.messageAbout('away and back');
    own.moveTo(immutableId, 'Elsewhere');
    await watchAnew(id, 'anew', { afterProcessing: 'flag' });
    await eventually(async () => (await harness.superuser.query(`SELECT 1 FROM mail_ingest.ledger_place WHERE folder LIKE 'anew@%'`)).rowCount === 0, 'its place is forgotten');
    own.moveTo(immutableId, 'inbox');
    await watchAnew(id, 'anew', { afterProcessing: 'flag' });
    await eventually(async () => (await harness.journey(messageId)).some(({ step }) => step === 'received-again'), 'the journey says that it came again');
    // All links are of no use any more: the folder is listed anew.
    graph.delta(addressOf('anew')).forgetTokens();
    own.deliver(mailWith('after the resync'));
    await watchAnew(id, 'anew', { afterProcessing: 'move', processedFolder: 'Inbox/Printed' });
    await harness.messageAbout('after the resync');
    await eventually(async () => own.messagesIn('inbox/Printed').some(({ raw }) => raw.includes('after the resync')), 'the new one is moved');
    expect([await countOf('away and back'), await countOf('after the resync')]).toEqual([1, 1]);
  }, 40_000);

  it('takes a mail of 25 MB byte for byte in bounded memory, while its connection is cut once', async () => {
    const pdf = samplePdf({ sizeBytes: 18 * MB });
    const { immutableId } = account('large').deliver(mailWith('twenty-five megabytes', pdf));
    graph.fail(new RegExp(`${encodeURIComponent(immutableId)}/\\$value`), { afterBytes: 10 * MB, andThen: 'cut' });
    const before = process.memoryUsage().rss;
    let most = 0;
    const watching = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss - before);
    }, 10);
    await watch('large', { afterProcessing: 'delete' });
    const message = await eventually(async () => (await harness.received()).find(({ subject }) => subject === 'twenty-five megabytes'), 'it is taken in', 20_000);
    clearInterval(watching);
    expect((await harness.documentBytes(message.documents[0]?.documentId ?? '')).equals(pdf)).toBe(true);
    expect(most).toBeLessThan(80 * MB);
    await eventually(async () => account('large').messagesIn('inbox').length === 0, 'it is deleted');
    expect(await countOf('twenty-five megabytes')).toBe(1);
  }, 40_000);

  it('refuses a mail of more than 50 MB, of which its sender is told', async () => {
    account('huge').deliver(`${mailWith('sixty megabytes')}${`${'A'.repeat(76)}\r\n`.repeat(60 * 13_444)}`);
    await watch('huge', { afterProcessing: 'delete' });
    expect(await harness.messageAbout('sixty megabytes')).toMatchObject({ sender: { address: 'sender@example.org' }, documents: [], refusedParts: [{ reason: 'too-large', statusText: 'The mail is larger than 50 MB' }] });
    await eventually(async () => account('huge').messagesIn('inbox').length === 0, 'it is processed');
  }, 30_000);

  it('is gone on with by another replica, from where the first one stopped', async () => {
    account('two').deliver(mailWith('with the first'));
    const first = await harness.startReplica(env);
    const id = await watch('two', {}, first);
    await harness.messageAbout('with the first');
    await Promise.all([first.stop(), replica.stop()]);
    account('two').deliver(mailWith('with the second'));
    const second = await harness.startReplica(env);
    replica = second;
    await harness.messageAbout('with the second');
    expect((await harness.received()).filter(({ mailboxId }) => mailboxId === id).map(({ subject }) => subject)).toEqual(['with the first', 'with the second']);
    expect(linesOf('two', '/delta').filter((line) => !line.includes('token'))).toHaveLength(2);
  }, 40_000);
});

function mailWith(subject: string, pdf = samplePdf({ text: subject })): string {
  const body = pdf.toString('base64').replaceAll(/.{76}/g, '$&\r\n');
  return `From: Sender <sender@example.org>\r\nSubject: ${subject}\r\nMessage-ID: <${subject.replaceAll(' ', '-')}@example.org>\r\nMIME-Version: 1.0\r\n` +
    `Content-Type: application/pdf; name="${subject}.pdf"\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n${body}\r\n`;
}
