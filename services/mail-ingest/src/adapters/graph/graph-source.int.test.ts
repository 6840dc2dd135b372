import { buffer } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AFTER_PROCESSING } from '../../mailboxes/mailbox.js';
import { all, describeMailSource } from '../../ports/mail-source.contract.js';
import { FOLDER_MISSING, MAIL_GONE } from '../../ports/mail-source.port.js';
import { ADDRESS, GraphPlaces, mail } from './graph-places.harness.js';

const MB = 1024 * 1024;

describe('a folder opened by Graph', () => {
  let places: GraphPlaces;

  beforeAll(async () => {
    places = await GraphPlaces.start();
    return () => places.stop();
  });
  afterEach(() => places.tidy());

  describeMailSource(() => ({ open: places.openBy, choices: AFTER_PROCESSING, hasFolders: true, announces: false, tellsSizes: false, makePlace: () => places.makePlace() }));

  it('lists its mails page by page, and then only what changed, even after a restart', async () => {
    const { folder, keys } = places.make(...Array.from({ length: 450 }, (_, n) => mail(`mail ${n}`)));
    const mailboxId = await places.newMailbox();
    const before = places.graph.requests.length;
    const source = await places.open({ folder, mailboxId });
    expect([...await source.list()].sort()).toEqual([...keys].sort());
    expect(places.linesSince(before).filter((line) => line.includes('/delta'))).toHaveLength(3);
    expect([await source.check(), await source.listNew()]).toEqual([false, []]);
    const late = places.mailbox.deliver(mail('late'), folder).immutableId;
    places.mailbox.remove(keys[3] ?? '');
    expect(await source.check()).toBe(true);
    expect(await source.listNew()).toEqual([late]);
    await source.close();
    const meanwhile = places.mailbox.deliver(mail('meanwhile'), folder).immutableId;
    const restarted = places.graph.requests.length;
    const again = await places.open({ folder, mailboxId });
    const all = await again.list();
    expect(all).toHaveLength(451);
    expect(all).toContain(meanwhile);
    expect(all).not.toContain(keys[3]);
    expect(places.linesSince(restarted).filter((line) => line.includes('/delta'))).toEqual([expect.stringContaining('deltatoken')]);
  });

  it('goes on with a first listing that was interrupted', async () => {
    const { folder, keys } = places.make(...Array.from({ length: 250 }, (_, n) => mail(`mail ${n}`)));
    const mailboxId = await places.newMailbox();
    places.graph.fail(/skiptoken/, { status: 500 });
    const source = await places.open({ folder, mailboxId });
    await expect(source.list()).rejects.toMatchObject({ code: 'mailbox.server-failing' });
    const before = places.graph.requests.length;
    expect((await (await places.open({ folder, mailboxId })).list()).sort()).toEqual([...keys].sort());
    expect(places.linesSince(before).filter((line) => line.includes('/delta'))).toEqual([expect.stringContaining('skiptoken')]);
  });

  it('lists all anew when its link is of no use any more, and nothing of it is new', async () => {
    const { folder, keys } = places.make(mail('one'), mail('two'), mail('three'));
    const source = await places.open({ folder });
    await source.list();
    places.graph.delta(ADDRESS).forgetTokens();
    places.mailbox.remove(keys[0] ?? '');
    const late = places.mailbox.deliver(mail('late'), folder).immutableId;
    expect(await source.listNew()).toEqual([late]);
    expect((await source.list()).sort()).toEqual([keys[1], keys[2], late].sort());
    places.graph.fail(/delta/, { status: 410, code: 'resyncRequired' }, 2);
    await expect(source.list()).rejects.toMatchObject({ code: 'mailbox.server-failing' });
  });

  it('takes no mail for moved while the folder to move it to is missing, or the account', async () => {
    const { folder, keys } = places.make(mail('one'));
    const source = await places.open({ folder, afterProcessing: 'move', processedFolder: 'Moved' });
    await source.list();
    places.mailbox.removeFolder('Moved');
    await expect(source.settle(keys, 'move', 'Moved')).rejects.toMatchObject({ code: FOLDER_MISSING });
    places.graph.fail(/messages/, { status: 404, code: 'MailboxNotEnabledForRESTAPI' }, 2);
    await expect(source.settle(keys, 'move', 'Moved')).rejects.toThrow(/mailbox|licence/i);
    await source.close();
    const again = await places.open({ folder, afterProcessing: 'move', processedFolder: 'Moved' });
    expect(await again.settle(keys, 'move', 'Moved')).toBe(true);
    expect(places.mailbox.messagesIn('Moved').map(({ immutableId }) => immutableId)).toEqual(keys);
  });

  it('bears with replays and with empty pages', async () => {
    const { folder, keys } = places.make(mail('one'));
    const source = await places.open({ folder });
    expect(await source.list()).toEqual(keys);
    const late = places.mailbox.deliver(mail('late'), folder).immutableId;
    places.graph.delta(ADDRESS).emptyPage = true;
    expect(await source.listNew()).toEqual([late]);
    places.graph.delta(ADDRESS).replays = true;
    expect([await source.check(), await source.listNew()]).toEqual([false, []]);
    expect(await source.list()).toHaveLength(2);
  });

  it('gives mails whole, or their header alone, and passes over those that are gone', async () => {
    const { folder, keys: [one = '', two = ''] } = places.make(mail('one'), mail('two'));
    const source = await places.open({ folder });
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
    const { folder, keys: [key = ''] } = places.make(mail('short'), long.toString());
    const [longKey = ''] = places.mailbox.messagesIn(folder).filter(({ raw }) => raw.length > MB).map(({ immutableId }) => immutableId);
    const source = await places.open({ folder });
    const found = await all(source.fetch([longKey, key]));
    expect(found.map(({ whole }) => whole?.toString())).toEqual([undefined, mail('short')]);
    expect(found[0]?.sizeBytes).toBeGreaterThan(4 * MB);
    expect(Buffer.concat(await all(source.fetchLong(longKey, 50 * MB))).equals(long)).toBe(true);
    const part = Buffer.concat(await all(source.fetchLong(longKey, 5 * MB)));
    expect(part.length).toBeGreaterThan(5 * MB);
    expect(part.length).toBeLessThan(6 * MB);
  });

  it('keeps no more of a mail of 25 MB in memory than flows by', async () => {
    const { folder, keys: [key = ''] } = places.make(mail(`${'0123456789abcdef'.repeat(64)}\r\n`.repeat(13_000)));
    const source = await places.open({ folder });
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
    expect(sizeBytes).toBe(places.mailbox.message(key).raw.length);
    expect(sizeBytes).toBeGreaterThan(25 * MB);
    expect(most).toBeLessThan(8 * MB);
  });

  it('takes a mail that was cut off for no mail, and asks again without anything missing', async () => {
    const { folder, keys } = places.make(mail('x'.repeat(200_000)), mail('y'.repeat(200_000)));
    const [one = '', two = ''] = keys;
    const valueOf = (key: string) => new RegExp(`${encodeURIComponent(key)}/\\$value`);
    const source = await places.open({ folder });
    places.graph.fail(valueOf(one), { afterBytes: 100_000, andThen: 'cut' });
    await expect(all(source.fetch([one]))).rejects.toMatchObject({ code: 'mailbox.connection-lost', message: expect.stringContaining('Microsoft Graph (127.0.0.1') });
    places.graph.fail(valueOf(two), { afterBytes: 100_000, andThen: 'cut' });
    await expect(buffer(source.fetchLong(two, MB))).rejects.toMatchObject({ code: 'mailbox.connection-lost' });
    places.graph.fail(/delta/, { afterBytes: 20, andThen: 'cut' });
    await expect(source.list()).rejects.toMatchObject({ code: 'mailbox.connection-lost' });
    expect(await source.list()).toEqual(keys);
    expect((await all(source.fetch(keys))).map(({ sizeBytes }) => sizeBytes)).toEqual([400_015, 400_015]);
  });

  it('never asks for more at once than Graph allows, and is not slowed down by the distance', async () => {
    const far = await places.startStandIn({ addresses: [ADDRESS], latencyMs: 30 });
    const keys = Array.from({ length: 30 }, (_, n) => far.mailbox(ADDRESS).deliver(mail(`mail ${n}`)).immutableId);
    const source = await places.open({ afterProcessing: 'flag' }, places.sourcesOf(far));
    expect(await all(source.fetch(keys))).toHaveLength(30);
    expect(far.mostAtOnce(ADDRESS)).toBeGreaterThan(1);
    expect(await source.settle(keys, 'flag', '')).toBe(true);
    // 30 + 2 × 30, and those of the opening: none was refused and sent again.
    expect(far.requests.filter(({ line }) => line.includes('/messages/'))).toHaveLength(90);
  });

  it('notices that its folder was deleted', async () => {
    const { folder } = places.make(mail('one'));
    const source = await places.open({ folder });
    await source.list();
    places.mailbox.removeFolder(folder);
    await expect(source.check()).rejects.toMatchObject({ code: FOLDER_MISSING, message: 'The requested folder could not be found' });
  });
});
