import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type GraphStandIn, startGraphStandIn } from '@inkpost/testkit/graph-stand-in/graph-stand-in.js';
import { createInkpostDatabase, type InkpostDatabase } from '@inkpost/testkit/inkpost-database.js';
import { SERVER_TIMES } from '../../limits.js';
import { AFTER_PROCESSING } from '../../mailboxes/mailbox.js';
import { all, describeMailSource, type SourcePlace } from '../../ports/mail-source.contract.js';
import { FOLDER_MISSING, LOGIN_REFUSED, MAIL_GONE, type MailSource, NEEDS_ASSOCIATION, type OpenSource, type SignIn, type SourceAccess } from '../../ports/mail-source.port.js';
import { GraphConnections } from './graph-connections.js';
import { GraphFolderStore } from './graph-folder.store.js';
import { graphProbe } from './graph-probe.adapter.js';
import { graphSource } from './graph-source.adapter.js';

const MB = 1024 * 1024;
const PLACES = 40;
const QUICK = { ...SERVER_TIMES, polledEveryMs: 200 };
const address = 'print@inkpost.test';
const tokens = { person: { user: address, mayWrite: true }, reader: { user: address, mayWrite: false }, application: { mayWrite: true } } as const;

describe('a folder opened by Graph', () => {
  let database: InkpostDatabase;
  let graph: GraphStandIn;
  let national: GraphStandIn;
  let openSource: OpenSource;
  const opened: MailSource[] = [];
  let folders = 0;
  let places = 0;
  let expired: string | undefined;

  const authorize = (token: string) => {
    if (token === 'challenged') return 'claims-challenge' as const;
    return token in tokens && token !== expired ? tokens[token as keyof typeof tokens] : undefined;
  };
  const sourcesOf = ({ url, ca }: GraphStandIn): OpenSource => graphSource({ connections: new GraphConnections(url, ca), folders: new GraphFolderStore(database.pool('mail-ingest')), times: QUICK });

  beforeAll(async () => {
    database = await createInkpostDatabase();
    graph = await startGraphStandIn({ addresses: [address, ...Array.from({ length: PLACES }, (_, n) => `user${n + 1}@inkpost.test`)], authorize, latencyMs: 2 });
    national = await startGraphStandIn({ addresses: [address], authorize, permanentDelete: false });
    openSource = sourcesOf(graph);
  });
  afterEach(async () => {
    for (const source of opened.splice(0)) await source.close();
    graph.heal();
    expired = undefined;
  });
  afterAll(async () => {
    await Promise.all([graph.stop(), national.stop(), database.drop()]);
  });

  const token = (name: string, access: 'delegated' | 'application' = 'delegated'): SignIn => ({ kind: 'token', access, accessToken: async () => name });

  /** A mailbox of the installation's, so that something can be remembered of it. */
  async function newMailbox(): Promise<string> {
    const id = randomUUID();
    await database.superuserPool().query(`INSERT INTO mail_ingest.mailbox (id, address, kind, queue_id, enabled, after_processing, processed_folder) VALUES ($1, $2, 'smtp', 'queue', true, 'keep', '')`, [id, `${id}@inkpost.test`]);
    return id;
  }

  const accessTo = (own: Partial<SourceAccess> & Pick<SourceAccess, 'mailboxId'>): SourceAccess => ({
    protocol: 'graph', host: 'graph', port: 443, tls: 'implicit', user: address, signIn: token('person'), folder: 'INBOX', certificateAuthority: '', afterProcessing: 'keep', processedFolder: '', ...own,
  });

  async function open(own: Partial<SourceAccess> = {}, by = openSource): Promise<MailSource> {
    const source = await by(accessTo({ mailboxId: own.mailboxId ?? (await newMailbox()), ...own }), new AbortController().signal);
    opened.push(source);
    return source;
  }

  const mail = (text: string) => `Subject: ${text}\r\n\r\n${text}\r\n`;
  const mailbox = () => graph.mailbox(address);

  /** A new folder with these mails; its path, and their keys. */
  function make(...mails: string[]): { folder: string; keys: string[] } {
    const folder = `folder-${(folders += 1)}`;
    mailbox().makeFolder(folder);
    return { folder, keys: mails.map((own) => mailbox().deliver(own, folder).immutableId) };
  }

  /** An account that nobody used yet. */
  async function makePlace(): Promise<SourcePlace> {
    const own = `user${(places += 1)}@inkpost.test`;
    const account = graph.mailbox(own);
    const subjectOf = ({ raw }: { raw: Buffer }) => /^Subject: (.*)\r$/m.exec(raw.toString('latin1'))?.[1] ?? '';
    const mailsIn = (path: string, folder: string) => account.messagesIn(path).map((message) => ({ subject: subjectOf(message), folder, flagged: message.isRead && message.categories.includes('InkpostDone') }));
    return {
      access: accessTo({ mailboxId: await newMailbox(), user: own, signIn: token('application', 'application') }),
      secret: 'application',
      add: async (...mails) => mails.forEach((raw) => void account.deliver(raw)),
      clear: async () => account.messagesIn('inbox').forEach(({ immutableId }) => account.remove(immutableId)),
      mailsThere: async () => [...mailsIn('inbox', 'INBOX'), ...(account.childFolders(account.rootId).some(({ displayName }) => displayName === 'Printed') ? mailsIn('Printed', 'Printed') : [])],
      cut: async () => graph.cut(),
    };
  }

  const linesSince = (from: number) => graph.requests.slice(from).map(({ line }) => line);

  describeMailSource(() => ({ open: openSource, choices: AFTER_PROCESSING, hasFolders: true, announces: false, tellsSizes: false, makePlace }));

  it('lists its mails page by page, and then only what changed, even after a restart', async () => {
    const { folder, keys } = make(...Array.from({ length: 450 }, (_, n) => mail(`mail ${n}`)));
    const mailboxId = await newMailbox();
    const before = graph.requests.length;
    const source = await open({ folder, mailboxId });
    expect([...await source.list()].sort()).toEqual([...keys].sort());
    expect(linesSince(before).filter((line) => line.includes('/delta'))).toHaveLength(3);
    expect([await source.check(), await source.listNew()]).toEqual([false, []]);
    const late = mailbox().deliver(mail('late'), folder).immutableId;
    mailbox().remove(keys[3] ?? '');
    expect(await source.check()).toBe(true);
    expect(await source.listNew()).toEqual([late]);
    await source.close();
    const meanwhile = mailbox().deliver(mail('meanwhile'), folder).immutableId;
    const restarted = graph.requests.length;
    const again = await open({ folder, mailboxId });
    const all = await again.list();
    expect(all).toHaveLength(451);
    expect(all).toContain(meanwhile);
    expect(all).not.toContain(keys[3]);
    expect(linesSince(restarted).filter((line) => line.includes('/delta'))).toEqual([expect.stringContaining('deltatoken')]);
  });

  it('goes on with a first listing that was interrupted', async () => {
    const { folder, keys } = make(...Array.from({ length: 250 }, (_, n) => mail(`mail ${n}`)));
    const mailboxId = await newMailbox();
    graph.fail(/skiptoken/, { status: 500 });
    const source = await open({ folder, mailboxId });
    await expect(source.list()).rejects.toMatchObject({ code: 'mailbox.server-failing' });
    const before = graph.requests.length;
    expect((await (await open({ folder, mailboxId })).list()).sort()).toEqual([...keys].sort());
    expect(linesSince(before).filter((line) => line.includes('/delta'))).toEqual([expect.stringContaining('skiptoken')]);
  });

  it('lists all anew when its link is of no use any more, and nothing of it is new', async () => {
    const { folder, keys } = make(mail('one'), mail('two'), mail('three'));
    const source = await open({ folder });
    await source.list();
    graph.delta(address).forgetTokens();
    mailbox().remove(keys[0] ?? '');
    const late = mailbox().deliver(mail('late'), folder).immutableId;
    expect(await source.listNew()).toEqual([late]);
    expect((await source.list()).sort()).toEqual([keys[1], keys[2], late].sort());
    graph.fail(/delta/, { status: 410, code: 'resyncRequired' }, 2);
    await expect(source.list()).rejects.toMatchObject({ code: 'mailbox.server-failing' });
  });

  it('bears with replays and with empty pages', async () => {
    const { folder, keys } = make(mail('one'));
    const source = await open({ folder });
    expect(await source.list()).toEqual(keys);
    const late = mailbox().deliver(mail('late'), folder).immutableId;
    graph.delta(address).emptyPage = true;
    expect(await source.listNew()).toEqual([late]);
    graph.delta(address).replays = true;
    expect([await source.check(), await source.listNew()]).toEqual([false, []]);
    expect(await source.list()).toHaveLength(2);
  });

  it('gives mails whole, or their header alone, and passes over those that are gone', async () => {
    const { folder, keys: [one = '', two = ''] } = make(mail('one'), mail('two'));
    const source = await open({ folder });
    await source.list();
    const mails = await all(source.fetch([one, 'missing', two]));
    expect(mails.map(({ key, sizeBytes, whole }) => [key, sizeBytes, whole?.toString()])).toEqual([[one, mail('one').length, mail('one')], [two, mail('two').length, mail('two')]]);
    expect(mails.every(({ receivedAt }) => receivedAt !== undefined && Math.abs(receivedAt.getTime() - Date.now()) < 60_000)).toBe(true);
    expect((await buffer(source.fetchHeader(two))).toString()).toBe('Subject: two\r\n\r\n');
    await expect(buffer(source.fetchHeader('missing'))).rejects.toMatchObject({ code: MAIL_GONE });
    await expect(buffer(source.fetchLong('missing', MB))).rejects.toMatchObject({ code: MAIL_GONE });
  });

  it('gives a long mail in pieces, byte for byte, and no more of it than is wanted', async () => {
    const long = Buffer.from(mail(`${'0123456789abcdef'.repeat(64)}\r\n`.repeat(24_000)));
    const { folder, keys: [key = ''] } = make(mail('short'), long.toString());
    const [longKey = ''] = mailbox().messagesIn(folder).filter(({ raw }) => raw.length > MB).map(({ immutableId }) => immutableId);
    const source = await open({ folder });
    const found = await all(source.fetch([longKey, key]));
    expect(found.map(({ whole }) => whole?.toString())).toEqual([undefined, mail('short')]);
    expect(found[0]?.sizeBytes).toBeGreaterThan(4 * MB);
    expect(Buffer.concat(await all(source.fetchLong(longKey, 50 * MB))).equals(long)).toBe(true);
    const part = Buffer.concat(await all(source.fetchLong(longKey, 5 * MB)));
    expect(part.length).toBeGreaterThan(5 * MB);
    expect(part.length).toBeLessThan(6 * MB);
  });

  it('keeps no more of a mail of 25 MB in memory than flows by', async () => {
    const { folder, keys: [key = ''] } = make(mail(`${'0123456789abcdef'.repeat(64)}\r\n`.repeat(13_000)));
    const source = await open({ folder });
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const held = () => {
      collect();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    const before = held();
    let [most, sizeBytes] = [0, 0];
    for await (const chunk of source.fetchLong(key, 50 * MB)) {
      if (Math.floor(sizeBytes / (2 * MB)) !== Math.floor((sizeBytes + chunk.length) / (2 * MB))) most = Math.max(most, held() - before);
      sizeBytes += chunk.length;
    }
    expect(sizeBytes).toBe(mailbox().message(key).raw.length);
    expect(sizeBytes).toBeGreaterThan(25 * MB);
    expect(most).toBeLessThan(8 * MB);
  });

  it('takes a mail that was cut off for no mail, and asks again without anything missing', async () => {
    const { folder, keys } = make(mail('x'.repeat(200_000)), mail('y'.repeat(200_000)));
    const [one = '', two = ''] = keys;
    const valueOf = (key: string) => new RegExp(`${encodeURIComponent(key)}/\\$value`);
    const source = await open({ folder });
    graph.fail(valueOf(one), { afterBytes: 100_000, andThen: 'cut' });
    await expect(all(source.fetch([one]))).rejects.toMatchObject({ code: 'mailbox.connection-lost', message: expect.stringContaining('Microsoft Graph (127.0.0.1') });
    graph.fail(valueOf(two), { afterBytes: 100_000, andThen: 'cut' });
    await expect(buffer(source.fetchLong(two, MB))).rejects.toMatchObject({ code: 'mailbox.connection-lost' });
    graph.fail(/delta/, { afterBytes: 20, andThen: 'cut' });
    await expect(source.list()).rejects.toMatchObject({ code: 'mailbox.connection-lost' });
    expect(await source.list()).toEqual(keys);
    expect((await all(source.fetch(keys))).map(({ sizeBytes }) => sizeBytes)).toEqual([400_015, 400_015]);
  });

  it('never asks for more at once than Graph allows, and is not slowed down by the distance', async () => {
    const far = await startGraphStandIn({ addresses: [address], authorize, latencyMs: 30 });
    const keys = Array.from({ length: 30 }, (_, n) => far.mailbox(address).deliver(mail(`mail ${n}`)).immutableId);
    const source = await open({ afterProcessing: 'flag' }, sourcesOf(far));
    const began = performance.now();
    expect(await all(source.fetch(keys))).toHaveLength(30);
    expect(performance.now() - began).toBeLessThan(30 * 30 * 0.8);
    expect(await source.settle(keys, 'flag', '')).toBe(true);
    // 30 + 2 × 30, and those of the opening: none was refused and sent again.
    expect(far.requests.filter(({ line }) => line.includes('/messages/'))).toHaveLength(90);
    await far.stop();
  });

  it('flags mails, keeping what their owner set, and passes over those that are gone', async () => {
    const { folder, keys: [one = '', two = ''] } = make(mail('one'), mail('two'));
    mailbox().update(one, { categories: ['Blue'] });
    const source = await open({ folder, afterProcessing: 'flag' });
    expect(await source.settle([one, 'missing'], 'flag', '')).toBe(true);
    expect(await source.settle([one], 'flag', '')).toBe(true);
    expect([mailbox().message(one), mailbox().message(two)]).toMatchObject([{ isRead: true, categories: ['Blue', 'InkpostDone'] }, { isRead: false, categories: [] }]);
    expect(await source.settle([two], 'keep', '')).toBe(true);
    expect(mailbox().message(two).isRead).toBe(false);
  });

  it('moves mails to a folder that it makes, below others that are there or not', async () => {
    const { folder, keys: [one = '', two = ''] } = make(mail('one'), mail('two'));
    const source = await open({ folder, afterProcessing: 'move', processedFolder: 'Inbox/Done/2026' });
    expect(await source.settle([one], 'move', 'Inbox/Done/2026')).toBe(true);
    expect(mailbox().messagesIn('inbox/Done/2026').map(({ immutableId }) => immutableId)).toEqual([one]);
    const again = await open({ folder, afterProcessing: 'move', processedFolder: 'boîte de réception/done/2026' });
    expect(await again.settle([two, one], 'move', '')).toBe(true);
    expect(mailbox().messagesIn('inbox/Done/2026')).toHaveLength(2);
  });

  it('deletes mails for good, and into the deleted items where the cloud knows nothing else', async () => {
    const { folder, keys } = make(mail('one'), mail('two'));
    const source = await open({ folder, afterProcessing: 'delete' });
    expect(await source.settle(keys, 'delete', '')).toBe(true);
    expect([mailbox().messagesIn(folder), mailbox().messagesIn('deleteditems')]).toEqual([[], []]);
    const own = national.mailbox(address);
    const others = [own.deliver(mail('one')).immutableId, own.deliver(mail('two')).immutableId];
    const there = await open({ afterProcessing: 'delete' }, sourcesOf(national));
    expect(await there.settle(others, 'delete', '')).toBe(true);
    expect([own.messagesIn('inbox').length, own.messagesIn('deleteditems').length]).toEqual([0, 2]);
  });

  it('says where it may only read, and still gives the mails', async () => {
    const { folder, keys } = make(mail('one'));
    const source = await open({ folder, afterProcessing: 'flag', signIn: token('reader') });
    expect(await all(source.fetch(keys))).toHaveLength(1);
    expect(await source.settle(keys, 'flag', '')).toBe(false);
    await expect(open({ folder, afterProcessing: 'move', processedFolder: 'New', signIn: token('reader') })).rejects.toMatchObject({ code: 'mailbox.access-denied', message: expect.stringContaining('Mail.ReadWrite') });
  });

  it('finds folders by what they are called: in every language, below each other, with a slash in their name', async () => {
    mailbox().makeFolder('inbox/To print');
    mailbox().makeFolder('inbox/To print/A');
    const slash = mailbox().createFolder('In/Out', mailbox().folder('inbox').id);
    for (let n = 0; n < 30; n += 1) mailbox().makeFolder(`archive/many-${n}`);
    const [inbox, below, odd, last] = [mail('inbox'), mail('below'), mail('odd'), mail('last')];
    mailbox().deliver(inbox, 'inbox');
    mailbox().deliver(below, 'inbox/To print/A');
    mailbox().move(mailbox().deliver(odd, 'drafts').immutableId, slash.id);
    mailbox().deliver(last, 'archive/many-29');
    const contentOf = async (folder: string) => {
      const source = await open({ folder });
      return (await all(source.fetch(await source.list()))).map(({ whole }) => whole?.toString());
    };
    expect(await contentOf('INBOX')).toEqual([inbox]);
    expect(await contentOf('Boîte de réception')).toEqual([inbox]);
    expect(await contentOf('inbox/to print/a')).toEqual([below]);
    expect(await contentOf('INBOX/In/Out')).toEqual([odd]);
    expect(await contentOf('Archive/many-29')).toEqual([last]);
    for (const missing of ['Missing', 'INBOX/Missing', 'inbox/To print/A/B', 'In']) await expect(open({ folder: missing })).rejects.toMatchObject({ code: FOLDER_MISSING, message: 'The requested folder could not be found' });
  });

  it('notices that its folder was deleted', async () => {
    const { folder } = make(mail('one'));
    const source = await open({ folder });
    await source.list();
    mailbox().removeFolder(folder);
    await expect(source.check()).rejects.toMatchObject({ code: FOLDER_MISSING, message: 'The requested folder could not be found' });
  });

  it('asks as the person, or as the application for the address', async () => {
    const before = graph.requests.length;
    await (await open()).list();
    expect(linesSince(before).every((line) => line.startsWith('GET /me/'))).toBe(true);
    const between = graph.requests.length;
    await (await open({ signIn: token('application', 'application') })).list();
    expect(linesSince(between).every((line) => line.startsWith('GET /users/print%40inkpost.test/'))).toBe(true);
    await expect(open({ user: 'nobody@inkpost.test', signIn: token('application', 'application') })).rejects.toMatchObject({ code: 'mailbox.account-unknown', message: expect.stringMatching(/no mailbox nobody@inkpost\.test.*licence/) });
  });

  it('asks for another token when one is refused, once', async () => {
    const { folder, keys } = make(mail('one'));
    const asked: (string | undefined)[] = [];
    const signIn: SignIn = {
      kind: 'token', access: 'delegated', accessToken: async (refused) => {
        asked.push(refused);
        return refused === undefined ? 'person' : 'reader';
      },
    };
    const source = await open({ folder, signIn });
    expired = 'person';
    asked.splice(0);
    expect(await source.list()).toEqual(keys);
    expect(asked).toEqual(['person']);
    await expect(open({ signIn: token('unknown') })).rejects.toMatchObject({ code: NEEDS_ASSOCIATION, message: expect.stringMatching(/InvalidAuthenticationToken.*Associate the mailbox/) });
    await expect(open({ signIn: token('challenged') })).rejects.toMatchObject({ code: NEEDS_ASSOCIATION, message: expect.stringContaining('conditional access') });
    await expect(open({ signIn: token('unknown', 'application') })).rejects.toMatchObject({ code: LOGIN_REFUSED, message: expect.stringContaining('client ID') });
  });

  it('is looked at without anything being changed', async () => {
    const connections = new GraphConnections(graph.url, graph.ca);
    const probe = async (own: Partial<SourceAccess>) => graphProbe(connections)(accessTo({ mailboxId: 'none', ...own }), new AbortController().signal);
    const { folder } = make(mail('one'));
    const before = JSON.stringify(mailbox().messagesIn(folder));
    const flagging = await probe({ folder, afterProcessing: 'flag' });
    expect([await flagging.openFolder(), await flagging.checkPermissions()]).toEqual([`${folder} can be read; 1 mail is in it.`, 'Processed mails can be flagged.']);
    expect(await (await probe({ folder, afterProcessing: 'move', processedFolder: 'archive' })).checkPermissions()).toBe('Processed mails can be moved to archive.');
    expect(await (await probe({ folder, afterProcessing: 'move', processedFolder: 'Not yet' })).checkPermissions()).toMatch(/"Not yet" is not there yet/);
    const reading = await probe({ folder, afterProcessing: 'delete', signIn: token('reader') });
    await expect(reading.checkPermissions()).rejects.toMatchObject({ code: 'mailbox.not-permitted', message: expect.stringContaining('Mail.ReadWrite') });
    await expect((await probe({ folder: 'Missing' })).openFolder()).rejects.toMatchObject({ code: FOLDER_MISSING });
    await expect(probe({ signIn: token('unknown') })).rejects.toMatchObject({ code: NEEDS_ASSOCIATION });
    expect(JSON.stringify(mailbox().messagesIn(folder))).toBe(before);
  });
});
