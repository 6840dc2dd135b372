import { Code } from '@connectrpc/connect';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { LocationService } from '@inkpost/contracts/admin/v1/locations_pb.js';
import { OwnDocumentService } from '@inkpost/contracts/admin/v1/own_documents_pb.js';
import { ReleaseProfileService } from '@inkpost/contracts/admin/v1/release_profiles_pb.js';
import { VirtualPrinter } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import { eventually, type Instance, PrintHarness, queueSettings } from '../print-submit.harness.js';

let harness: PrintHarness;
let instance: Instance;
let printer: VirtualPrinter;

beforeAll(async () => {
  harness = await PrintHarness.start();
  instance = await harness.startInstance();
  printer = await VirtualPrinter.start({ outputFolder: join(harness.folder, 'printed') });
  return async () => {
    await harness.remove();
    await printer.stop();
  };
});

const profiles = () => instance.client(ReleaseProfileService, ['configuration.read', 'configuration.write']);
const anybody = () => instance.client(ReleaseProfileService, []);
const own = () => instance.client(OwnDocumentService, []);
const settings = (profileId: string, means: readonly string[], rest: object = {}) => ({ settings: { profileId, name: profileId, means: [...means], ...rest } });
const meansAt = async (queueId: string, releasePoint = '203.0.113.9') => (await anybody().describeReleasePoint({ queueId, releasePoint })).means;

describe('release profiles', () => {
  it('begin with one that holds everywhere, whose place another can take but nobody can empty', async () => {
    const { profiles: [first] } = await profiles().listReleaseProfiles({});
    expect(first).toMatchObject({ settings: { profileId: 'default', means: ['puk', 'login-pin', 'card-pin'], idleSeconds: 60, default: true } });
    await expect(profiles().updateReleaseProfile({ profileId: 'default', ...settings('default', ['puk']) })).rejects.toThrow(/default: cannot be taken away/);
    await expect(profiles().deleteReleaseProfile({ profileId: 'default' })).rejects.toThrow(/default profile stays/);
    await profiles().createReleaseProfile(settings('strict', ['card-pin'], { default: true }));
    expect((await profiles().getReleaseProfile({ profileId: 'default' })).profile?.settings?.default).toBe(false);
    expect(await meansAt('')).toEqual(['card-pin']);
    await profiles().updateReleaseProfile({ profileId: 'default', ...settings('default', ['puk', 'login-pin', 'card-pin'], { default: true }) });
    await profiles().deleteReleaseProfile({ profileId: 'strict' });
    expect(await meansAt('')).toEqual(['puk', 'login-pin', 'card-pin']);
  });

  it('hold for the queue, else the nearest place above it, else the smallest network, else by default', async () => {
    const locations = instance.client(LocationService, ['configuration.write']);
    const { location: house } = await locations.createLocation({ name: 'House' });
    const { location: floor } = await locations.createLocation({ name: 'Floor', parentId: house?.locationId ?? '' });
    const { location: beside } = await locations.createLocation({ name: 'House 2' });
    const queue = async (queueId: string, locationId = '') => instance.queues.createQueue({ settings: { ...queueSettings(queueId, printer.uri), locationId } });
    await Promise.all([queue('own-rule', floor?.locationId), queue('upstairs', floor?.locationId), queue('hall', house?.locationId), queue('beside', beside?.locationId)]);
    await profiles().createReleaseProfile(settings('of-queue', ['login-pin'], { queueIds: ['own-rule'] }));
    await profiles().createReleaseProfile(settings('of-house', ['card-pin'], { locationIds: [house?.locationId ?? ''] }));
    await profiles().createReleaseProfile(settings('of-floor', ['puk'], { locationIds: [floor?.locationId ?? ''] }));
    await profiles().createReleaseProfile(settings('of-site', ['puk', 'card-pin'], { networks: ['198.51.100.0/24'] }));
    await profiles().createReleaseProfile(settings('of-desk', ['login-pin', 'card-pin'], { networks: ['198.51.100.7', '2001:db8::/32'], idleSeconds: 120 }));
    expect([await meansAt('own-rule', '198.51.100.7'), await meansAt('upstairs', '198.51.100.7'), await meansAt('hall')]).toEqual([['login-pin'], ['puk'], ['card-pin']]);
    expect([await meansAt('beside', '198.51.100.8'), await meansAt('beside', '198.51.100.7'), await meansAt('beside', '2001:db8:1:2::/64')]).toEqual([['puk', 'card-pin'], ['login-pin', 'card-pin'], ['login-pin', 'card-pin']]);
    expect([await meansAt('beside'), await meansAt('', 'a name'), await meansAt('gone')]).toEqual(Array.from({ length: 3 }, () => ['puk', 'login-pin', 'card-pin']));
    expect(await anybody().describeReleasePoint({ queueId: 'hall', releasePoint: 'x' })).toMatchObject({ queueName: 'Queue hall', idleSeconds: 60 });
  });

  it('are refused with the field that is wrong, where another one holds, and when they changed meanwhile', async () => {
    const { profile } = await profiles().createReleaseProfile(settings('late', ['puk']));
    const change = (rest: object) => profiles().updateReleaseProfile({ profileId: 'late', ...settings('late', ['puk'], rest) });
    await expect(change({ queueIds: ['own-rule'] })).rejects.toThrow(/queueIds: names a queue for which another profile holds/);
    await expect(change({ queueIds: ['nowhere'] })).rejects.toThrow(/queueIds: names no queue/);
    await expect(change({ locationIds: ['nowhere'] })).rejects.toThrow(/locationIds: names no place/);
    await expect(change({ networks: ['198.51.100.99/24'] })).rejects.toThrow(/networks: names a network for which another/);
    await change({ networks: ['192.0.2.0/24'] });
    await expect(profiles().updateReleaseProfile({ profileId: 'late', ...settings('late', ['puk']), version: profile?.version ?? 0 })).rejects.toMatchObject({ code: Code.Aborted });
    await expect(profiles().deleteReleaseProfile({ profileId: 'late' })).rejects.toThrow(/take them away first/);
    await expect(profiles().createReleaseProfile(settings('late', ['puk']))).rejects.toMatchObject({ code: Code.AlreadyExists });
    await expect(profiles().getReleaseProfile({ profileId: 'nobody' })).rejects.toMatchObject({ code: Code.NotFound });
    await expect(anybody().listReleaseProfiles({})).rejects.toMatchObject({ code: Code.PermissionDenied });
    expect((await profiles().getReleaseProfile({ profileId: 'late' })).profile?.settings?.networks).toEqual(['192.0.2.0/24']);
  });

  it('goes with the queue that it held for', async () => {
    await instance.queues.createQueue({ settings: queueSettings('short-lived', printer.uri) });
    await profiles().createReleaseProfile(settings('orphan', ['puk'], { queueIds: ['short-lived'] }));
    await instance.queues.deleteQueue({ queueId: 'short-lived' });
    await profiles().deleteReleaseProfile({ profileId: 'orphan' });
  });
});

describe('somebody without a PIN', () => {
  it('is mailed a code wherever one releases something, also at tablets of their own alone', async () => {
    await instance.queues.createQueue({ settings: queueSettings('anywhere', printer.uri) });
    const isByPin = async () => {
      const { messageId } = await harness.mail('anywhere', { owner: 'pinless@example.org' });
      await eventually(async () => (await harness.facts(messageId, 'print.job-held.v1')).length).toBe(1);
      return (await harness.facts(messageId, 'print.job-held.v1'))[0]?.payload['byPin'] ?? false;
    };
    const update = (profileId: string, means: string[], rest: object) => profiles().updateReleaseProfile({ profileId, ...settings(profileId, means, rest) });
    await update('default', ['login-pin'], { default: true });
    await update('of-site', ['card-pin'], { networks: ['198.51.100.0/24'] });
    await update('late', ['card-pin'], { networks: ['192.0.2.0/24'] });
    await eventually(isByPin).toBe(true);
    await update('late', ['puk'], { networks: ['192.0.2.0/24'] });
    await eventually(isByPin).toBe(false);
    await update('default', ['puk', 'login-pin', 'card-pin'], { default: true });
  });
});

describe('a document on a queue whose profile asks for more than its code', () => {
  it('is shown to its owner with what it asks for, and let go by that alone', async () => {
    await instance.queues.createQueue({ settings: queueSettings('secret', printer.uri) });
    await instance.queues.createQueue({ settings: queueSettings('open', printer.uri) });
    await profiles().createReleaseProfile(settings('of-secret', ['login-pin'], { queueIds: ['secret'] }));
    const [strict, lenient] = [await harness.mail('secret', { documents: [{ fileName: 'salaries.pdf' }] }), await harness.mail('open', { documents: [{ fileName: 'menu.pdf' }] })];
    const code = await harness.codeOf(lenient);
    // No code is mailed that nothing would come of.
    await eventually(async () => (await harness.facts(strict.messageId, 'print.job-held.v1'))[0]?.payload).toMatchObject({ byPin: true, jobs: [{ fileName: 'salaries.pdf' }] });
    const opened = await own().openByCode({ code, releasePoint: '203.0.113.9' });
    expect(opened).toMatchObject({ outcome: 'valid', accountId: 'account:ada@example.org' });
    const byCode = { accountId: opened.accountId, means: 'puk', releasePoint: '203.0.113.9' };
    const { documents } = await own().listOwnDocuments({ who: byCode });
    expect(documents.map(({ job, allowedMeans }) => [job?.fileName, allowedMeans])).toEqual([['salaries.pdf', ['login-pin']], ['menu.pdf', ['puk', 'login-pin', 'card-pin']]]);

    // Whichever way the code is given.
    expect((await instance.release.listWaiting({ code, releasePoint: 'x' })).jobs).toMatchObject([{ fileName: 'menu.pdf' }]);
    expect(await instance.release.release({ code, releasePoint: 'x', jobIds: [...strict.jobIds] })).toMatchObject({ outcome: 'nothing-waiting' });
    expect((await own().releaseOwnDocuments({ who: byCode })).documents).toMatchObject([{ job: { fileName: 'menu.pdf', jobState: 'pending' } }]);
    expect(await harness.stateOf(strict.jobIds[0])).toBe('pending-held job-hold-until-specified');

    expect((await own().releaseOwnDocuments({ who: { ...byCode, means: 'card-pin' }, jobIds: [...strict.jobIds] })).documents).toEqual([]);
    expect((await own().releaseOwnDocuments({ who: { ...byCode, means: 'login-pin' }, jobIds: [...strict.jobIds] })).documents).toMatchObject([{ job: { fileName: 'salaries.pdf' } }]);
    expect((await harness.journey(strict.messageId)).find(({ step }) => step === 'released')?.evidence).toMatchObject({ by: 'login-pin', releasePoint: '203.0.113.9' });
  });
});
