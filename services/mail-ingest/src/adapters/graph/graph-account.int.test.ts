import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { all } from '../../ports/mail-source.contract.js';
import { FOLDER_MISSING, LOGIN_REFUSED, NEEDS_ASSOCIATION, type SignIn, type SourceAccess } from '../../ports/mail-source.port.js';
import { GraphConnections } from './graph-connections.js';
import { ADDRESS, GraphPlaces, mail, token } from './graph-places.harness.js';
import { graphProbe } from './graph-probe.adapter.js';

describe('an account reached by Graph', () => {
  let places: GraphPlaces;

  beforeAll(async () => {
    places = await GraphPlaces.start();
    return () => places.stop();
  });
  afterEach(() => places.tidy());

  it('flags mails, keeping what their owner set, and passes over those that are gone', async () => {
    const { folder, keys: [one = '', two = ''] } = places.make(mail('one'), mail('two'));
    places.mailbox.update(one, { categories: ['Blue'] });
    const source = await places.open({ folder, afterProcessing: 'flag' });
    expect(await source.settle([one, 'missing'], 'flag', '')).toBe(true);
    expect(await source.settle([one], 'flag', '')).toBe(true);
    expect([places.mailbox.message(one), places.mailbox.message(two)]).toMatchObject([{ isRead: true, categories: ['Blue', 'InkpostDone'] }, { isRead: false, categories: [] }]);
    expect(await source.settle([two], 'keep', '')).toBe(true);
    expect(places.mailbox.message(two).isRead).toBe(false);
  });

  it('moves mails to a folder that it makes, below others that are there or not', async () => {
    const { folder, keys: [one = '', two = ''] } = places.make(mail('one'), mail('two'));
    const source = await places.open({ folder, afterProcessing: 'move', processedFolder: 'Inbox/Done/2026' });
    expect(await source.settle([one], 'move', 'Inbox/Done/2026')).toBe(true);
    expect(places.mailbox.messagesIn('inbox/Done/2026').map(({ immutableId }) => immutableId)).toEqual([one]);
    const again = await places.open({ folder, afterProcessing: 'move', processedFolder: 'boîte de réception/done/2026' });
    expect(await again.settle([two, one], 'move', '')).toBe(true);
    expect(places.mailbox.messagesIn('inbox/Done/2026')).toHaveLength(2);
  });

  it('deletes mails for good, and into the deleted items where the cloud knows nothing else', async () => {
    const { folder, keys } = places.make(mail('one'), mail('two'));
    const source = await places.open({ folder, afterProcessing: 'delete' });
    expect(await source.settle(keys, 'delete', '')).toBe(true);
    expect([places.mailbox.messagesIn(folder), places.mailbox.messagesIn('deleteditems')]).toEqual([[], []]);
    const national = await places.startStandIn({ addresses: [ADDRESS], permanentDelete: false });
    const own = national.mailbox(ADDRESS);
    const others = [own.deliver(mail('one')).immutableId, own.deliver(mail('two')).immutableId];
    const there = await places.open({ afterProcessing: 'delete' }, places.sourcesOf(national));
    expect(await there.settle(others, 'delete', '')).toBe(true);
    expect([own.messagesIn('inbox').length, own.messagesIn('deleteditems').length]).toEqual([0, 2]);
  });

  it('goes on with the others when one mail is refused, and tries this one again', async () => {
    const { folder, keys } = places.make(mail('one'), mail('odd'), mail('three'));
    const source = await places.open({ folder, afterProcessing: 'flag' });
    places.graph.fail(new RegExp(`PATCH .*${encodeURIComponent(keys[1] ?? '')}`), { status: 400, code: 'ErrorInvalidRequest' });
    expect(await source.settle(keys, 'flag', '')).toBe(false);
    expect([keys.map((key) => places.mailbox.message(key).isRead), source.whyRefused]).toEqual([[true, false, true], expect.stringContaining('ErrorInvalidRequest')]);
    expect([await source.settle(keys, 'flag', ''), places.mailbox.message(keys[1] ?? '').isRead]).toEqual([true, true]);
  });

  it('says where it may only read, and still gives the mails', async () => {
    const { folder, keys } = places.make(mail('one'));
    const source = await places.open({ folder, afterProcessing: 'flag', signIn: token('reader') });
    expect(await all(source.fetch(keys))).toHaveLength(1);
    expect(await source.settle(keys, 'flag', '')).toBe(false);
    expect(source.whyRefused).toMatch(/denies the access .*Mail\.ReadWrite/);
    await expect(places.open({ folder, afterProcessing: 'move', processedFolder: 'New', signIn: token('reader') })).rejects.toMatchObject({ code: 'mailbox.access-denied', message: expect.stringContaining('Mail.ReadWrite') });
  });

  it('finds folders by what they are called: in every language, below each other, with a slash in their name', async () => {
    places.mailbox.makeFolder('inbox/To print');
    places.mailbox.makeFolder('inbox/To print/A');
    const slash = places.mailbox.createFolder('In/Out', places.mailbox.folder('inbox').id);
    for (let n = 0; n < 30; n += 1) places.mailbox.makeFolder(`archive/many-${n}`);
    const [inbox, below, odd, last] = [mail('inbox'), mail('below'), mail('odd'), mail('last')];
    places.mailbox.deliver(inbox, 'inbox');
    places.mailbox.deliver(below, 'inbox/To print/A');
    places.mailbox.move(places.mailbox.deliver(odd, 'drafts').immutableId, slash.id);
    places.mailbox.deliver(last, 'archive/many-29');
    const contentOf = async (folder: string) => {
      const source = await places.open({ folder });
      return (await all(source.fetch(await source.list()))).map(({ whole }) => whole?.toString());
    };
    expect(await contentOf('INBOX')).toEqual([inbox]);
    expect(await contentOf('Boîte de réception')).toEqual([inbox]);
    expect(await contentOf('inbox/to print/a')).toEqual([below]);
    expect(await contentOf('INBOX/In/Out')).toEqual([odd]);
    expect(await contentOf('Archive/many-29')).toEqual([last]);
    for (const missing of ['Missing', 'INBOX/Missing', 'inbox/To print/A/B', 'In']) await expect(places.open({ folder: missing })).rejects.toMatchObject({ code: FOLDER_MISSING, message: 'The requested folder could not be found' });
  });

  it('asks as the person, or as the application for the address', async () => {
    const before = places.graph.requests.length;
    await (await places.open()).list();
    expect(places.linesSince(before).every((line) => line.startsWith('GET /me/'))).toBe(true);
    const between = places.graph.requests.length;
    await (await places.open({ signIn: token('application', 'application') })).list();
    expect(places.linesSince(between).every((line) => line.startsWith('GET /users/print%40inkpost.test/'))).toBe(true);
    await expect(places.open({ user: 'nobody@inkpost.test', signIn: token('application', 'application') })).rejects.toMatchObject({ code: 'mailbox.account-unknown', message: expect.stringMatching(/no mailbox nobody@inkpost\.test.*licence/) });
  });

  it('asks for another token when one is refused, once', async () => {
    const { folder, keys } = places.make(mail('one'));
    const asked: (string | undefined)[] = [];
    const signIn: SignIn = {
      kind: 'token', access: 'delegated', accessToken: async (refused) => {
        asked.push(refused);
        return refused === undefined ? 'person' : 'reader';
      },
    };
    const source = await places.open({ folder, signIn });
    places.expiredToken = 'person';
    asked.splice(0);
    expect(await source.list()).toEqual(keys);
    expect(asked).toEqual(['person']);
    await expect(places.open({ signIn: token('unknown') })).rejects.toMatchObject({ code: NEEDS_ASSOCIATION, message: expect.stringMatching(/InvalidAuthenticationToken.*Associate the mailbox/) });
    await expect(places.open({ signIn: token('challenged') })).rejects.toMatchObject({ code: NEEDS_ASSOCIATION, message: expect.stringContaining('conditional access') });
    await expect(places.open({ signIn: token('unknown', 'application') })).rejects.toMatchObject({ code: LOGIN_REFUSED, message: expect.stringContaining('client ID') });
  });

  it('is looked at without anything being changed', async () => {
    const connections = new GraphConnections(places.graph.url, places.graph.ca);
    const probe = async (own: Partial<SourceAccess>) => graphProbe(connections)(places.accessTo({ mailboxId: 'none', ...own }), new AbortController().signal);
    const { folder } = places.make(mail('one'));
    const before = JSON.stringify(places.mailbox.messagesIn(folder));
    const flagging = await probe({ folder, afterProcessing: 'flag' });
    expect([await flagging.openFolder(), await flagging.checkPermissions()]).toEqual([`${folder} can be read; 1 mail is in it.`, 'Processed mails can be flagged.']);
    expect(await (await probe({ folder, afterProcessing: 'move', processedFolder: 'archive' })).checkPermissions()).toBe('Processed mails can be moved to archive.');
    expect(await (await probe({ folder, afterProcessing: 'move', processedFolder: 'Not yet' })).checkPermissions()).toMatch(/"Not yet" is not there yet/);
    const reading = await probe({ folder, afterProcessing: 'delete', signIn: token('reader') });
    await expect(reading.checkPermissions()).rejects.toMatchObject({ code: 'mailbox.not-permitted', message: expect.stringContaining('Mail.ReadWrite') });
    await expect((await probe({ folder: 'Missing' })).openFolder()).rejects.toMatchObject({ code: FOLDER_MISSING });
    await expect(probe({ signIn: token('unknown') })).rejects.toMatchObject({ code: NEEDS_ASSOCIATION });
    expect(JSON.stringify(places.mailbox.messagesIn(folder))).toBe(before);
  });
});
