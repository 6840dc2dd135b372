import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DirectoryService } from '@inkpost/contracts/admin/v1/directories_pb.js';
import { GuestService } from '@inkpost/contracts/admin/v1/guests_pb.js';
import { ConfirmationService, OwnerPreviewService, WaitingSenderService } from '@inkpost/contracts/admin/v1/waiting_senders_pb.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { signLink } from '@inkpost/secrets/signed-link.js';
import { freePort } from '@inkpost/testkit/free-port.js';
import { type AcceptedMail, type Fact, GuestAccountHarness } from '../guest-account.harness.js';
import { WAITING_MESSAGES_MAX } from '../limits.js';

type Service = Awaited<ReturnType<GuestAccountHarness['startService']>>;
type Asked = { readonly waitingId: string; readonly waitsUntil: string; readonly asked: string; readonly place?: number; readonly address: string };

let harness: GuestAccountHarness;
let service: Service;
let masterKey: MasterKey;
const waiting = () => service.client(WaitingSenderService, 'guests.read', 'guests.add');
const links = () => service.client(ConfirmationService);

beforeAll(async () => {
  harness = await GuestAccountHarness.start();
  service = await harness.startService();
  masterKey = await harness.masterKey();
});
afterAll(() => harness.stop());

const factsOf = async (messageId: string, subject: string): Promise<Fact[]> => (await harness.facts(messageId)).filter((fact) => fact.subject === subject);
const outcome = (messageId: string) => expect.poll(async () => (await harness.facts(messageId)).filter(({ subject }) => subject.startsWith('account.owner-')), { timeout: 8_000 });
const steps = async (messageId: string) => (await harness.journey(messageId)).map(({ step }) => step);
const parked = (mail: AcceptedMail) => expect.poll(() => steps(mail.messageId), { timeout: 8_000 }).toEqual(['sender-awaited']);
const askedAbout = async ({ messageId }: AcceptedMail): Promise<Asked[]> => (await factsOf(messageId, 'account.confirmation-wanted.v1')).map(({ payload }) => payload as unknown as Asked);
const proofOf = ({ waitingId, waitsUntil, place = 0 }: Asked) => signLink(masterKey, waitingId, { endsAt: new Date(waitsUntil), place });

async function ask(address: string, more: { unknownSender: string; sponsors?: string[] }) {
  const mail = await harness.accept(address, more);
  await parked(mail);
  const [first] = await askedAbout(mail);
  return { mail, asked: first ?? { waitingId: '', waitsUntil: '', asked: '', address: '' } };
}

const guestOf = async (address: string) => (await harness.superuser.query('SELECT g.* FROM guest_account.guest_address a JOIN guest_account.guest g USING (account_id) WHERE a.address = $1', [address])).rows;
const waits = async (address: string) => (await waiting().listWaitingSenders({ limit: 200 })).senders.filter((sender) => sender.address === address);
const runOut = (address: string) => harness.superuser.query("UPDATE guest_account.waiting_sender SET waits_until = now() - interval '1 minute' WHERE address = $1", [address]);

describe('a sender who shall confirm', () => {
  it('is asked once, however many mails come together; by the link all go on, for one guest', async () => {
    const mails = await Promise.all(Array.from({ length: 10 }, () => harness.accept('ten@example.org', { unknownSender: 'confirm' })));
    for (const mail of mails) await parked(mail);
    const asked = (await Promise.all(mails.map(askedAbout))).flat();
    expect(asked).toEqual([expect.objectContaining({ asked: 'sender', address: 'ten@example.org', sender: { address: 'ten@example.org', displayName: 'Ada Lovelace' } })]);
    const [link] = asked;
    if (!link) throw new Error('unreachable: it was looked at');
    expect(JSON.stringify(await harness.facts(mails[0]?.messageId ?? ''))).not.toContain(proofOf(link));
    for (const { documentId } of mails) expect(await harness.claims(documentId)).toEqual(['guest_account']);
    expect(await guestOf('ten@example.org')).toEqual([]);

    const shown = await links().showConfirmation({ waitingId: link.waitingId, proof: proofOf(link) });
    expect(shown.confirmation).toMatchObject({ state: 'waiting', asked: 'sender', address: 'ten@example.org', documents: 10 });
    expect(await waits('ten@example.org')).toHaveLength(1);
    const { confirmation } = await links().answerConfirmation({ waitingId: link.waitingId, proof: proofOf(link), approve: true });
    expect(confirmation).toMatchObject({ state: 'approved', documents: 0 });

    for (const { messageId } of mails) await outcome(messageId).toMatchObject([{ subject: 'account.owner-resolved.v1', payload: { owner: { address: 'ten@example.org' } } }]);
    const guests = await guestOf('ten@example.org');
    expect(guests).toMatchObject([{ origin: 'mail', visited_person: '' }]);
    const resolved = (await Promise.all(mails.map(({ messageId }) => factsOf(messageId, 'account.owner-resolved.v1')))).flat();
    expect(resolved.filter(({ payload }) => payload['created'] === true)).toHaveLength(1);
    for (const { messageId, documentId } of mails) {
      expect(await harness.claims(documentId)).toEqual(['print_submit']);
      expect((await steps(messageId)).slice(0, 2)).toEqual(['sender-awaited', 'sender-approved']);
    }
    expect(await waits('ten@example.org')).toEqual([]);
  });

  it('answers once: the link tells of it afterwards and changes nothing any more', async () => {
    const { mail, asked } = await ask('no@example.org', { unknownSender: 'confirm' });
    const link = { waitingId: asked.waitingId, proof: proofOf(asked) };
    expect((await links().answerConfirmation({ ...link, approve: false })).confirmation).toMatchObject({ state: 'rejected' });
    expect((await links().answerConfirmation({ ...link, approve: true })).confirmation).toMatchObject({ state: 'rejected' });
    await outcome(mail.messageId).toEqual([{ subject: 'account.owner-refused.v1', payload: expect.objectContaining({ reason: 'sender-rejected', statusText: 'The owner of this e-mail address did not send the job: no@example.org' }) as object }]);
    // Whoever says that the mail isn't theirs is not told of it.
    expect((await factsOf(mail.messageId, 'account.owner-refused.v1'))[0]?.payload).not.toHaveProperty('senderMayBeTold');
    expect(await harness.claims(mail.documentId)).toEqual([]);
    expect(await guestOf('no@example.org')).toEqual([]);
  });

  it('is a guest for a mail that comes right after the answer, before the account is made', async () => {
    const { asked } = await ask('quick@example.org', { unknownSender: 'confirm' });
    await links().answerConfirmation({ waitingId: asked.waitingId, proof: proofOf(asked), approve: true });
    await expect.poll(() => guestOf('quick@example.org')).toHaveLength(1);
    await harness.superuser.query("DELETE FROM guest_account.guest WHERE addresses = '{quick@example.org}'");
    const { messageId } = await harness.accept('quick@example.org', { unknownSender: 'confirm' });
    await outcome(messageId).toMatchObject([{ subject: 'account.owner-resolved.v1', payload: { created: true } }]);
  });

  it('is refused as unknown where the mail is automatic or forged: nothing is mailed to such an address', async () => {
    const { messageId } = await harness.accept('robot@example.org', { unknownSender: 'confirm', senderMayBeTold: false });
    await outcome(messageId).toMatchObject([{ payload: { reason: 'no-account', statusText: 'No user found with e-mail address: robot@example.org' } }]);
    expect(await harness.journey(messageId)).toMatchObject([{ step: 'owner-refused', evidence: { unknownSender: 'confirm', cause: expect.stringContaining('not asked to confirm') as string } }]);
  });

  it('who does not answer in time is refused, and whose link comes later is told so', async () => {
    const { mail, asked } = await ask('late@example.org', { unknownSender: 'confirm' });
    await runOut('late@example.org');
    const link = { waitingId: asked.waitingId, proof: proofOf(asked) };
    expect((await links().answerConfirmation({ ...link, approve: true })).confirmation).toMatchObject({ state: 'expired' });
    expect(await steps(mail.messageId)).toEqual(['sender-awaited']);
    // Who starts looks at once for those whose time is over.
    const replica = await harness.startService();
    await outcome(mail.messageId).toMatchObject([{ payload: { reason: 'sender-not-confirmed', statusText: 'This e-mail address was not confirmed in time: late@example.org', senderMayBeTold: true } }]);
    await replica.stop();
    expect(await harness.claims(mail.documentId)).toEqual([]);
    expect((await links().showConfirmation(link)).confirmation).toMatchObject({ state: 'expired' });
  });

  it('is asked anew by a mail that comes after the time, and the mails before it are refused', async () => {
    const { mail, asked } = await ask('again@example.org', { unknownSender: 'confirm' });
    await runOut('again@example.org');
    const next = await ask('again@example.org', { unknownSender: 'confirm' });
    await outcome(mail.messageId).toMatchObject([{ payload: { reason: 'sender-not-confirmed' } }]);
    expect(next.asked.waitingId).not.toBe(asked.waitingId);
    expect((await links().showConfirmation({ waitingId: next.asked.waitingId, proof: proofOf(next.asked) })).confirmation).toMatchObject({ state: 'waiting', documents: 1 });
  });
});

describe('a link', () => {
  it('is unknown with another id, place or signature, whatever is asked with it', async () => {
    const { asked } = await ask('link@example.org', { unknownSender: 'confirm' });
    const { asked: other } = await ask('other@example.org', { unknownSender: 'confirm' });
    const { waitingId } = asked;
    const bad = [
      { waitingId, proof: proofOf(other) }, { waitingId, proof: proofOf({ ...asked, place: 1 }) }, { waitingId, proof: '' }, { waitingId, proof: 'x'.repeat(64) },
      { waitingId: "'; DROP TABLE guest; --", proof: proofOf(asked) }, { waitingId: '00000000-0000-4000-8000-000000000000', proof: signLink(masterKey, '00000000-0000-4000-8000-000000000000', { endsAt: new Date('2999-01-01'), place: 0 }) },
    ];
    for (const link of bad) expect((await links().answerConfirmation({ ...link, approve: true })).confirmation).toMatchObject({ state: 'unknown', address: '' });
    expect((await links().showConfirmation({ waitingId, proof: proofOf(asked) })).confirmation).toMatchObject({ state: 'waiting' });
  });
});

describe('sponsors', () => {
  const sponsors = ['grace@example.org', 'alan@example.org', 'self@example.org'];

  it('are asked each, but not the sender; the first answer counts, and the guest visits whoever vouched', async () => {
    const mail = await harness.accept('self@example.org', { unknownSender: 'sponsor', sponsors });
    await parked(mail);
    const asked = await askedAbout(mail);
    expect(asked.map(({ address, asked: who, place }) => [who, address, place])).toEqual([['sponsor', 'alan@example.org', 1], ['sponsor', 'grace@example.org', 2]]);
    const [alan, grace] = asked;
    if (!alan || !grace) throw new Error('unreachable: both were looked at');
    expect((await links().answerConfirmation({ waitingId: grace.waitingId, proof: proofOf(grace), approve: true })).confirmation).toMatchObject({ state: 'approved', asked: 'sponsor' });
    expect((await links().answerConfirmation({ waitingId: alan.waitingId, proof: proofOf(alan), approve: false })).confirmation).toMatchObject({ state: 'approved' });
    await outcome(mail.messageId).toMatchObject([{ subject: 'account.owner-resolved.v1' }]);
    expect(await guestOf('self@example.org')).toMatchObject([{ visited_person: 'grace@example.org' }]);
    expect(await harness.journey(mail.messageId)).toMatchObject([{ step: 'sender-awaited', evidence: { sponsors: ['alan@example.org', 'grace@example.org'] } }, { step: 'sender-approved', evidence: { by: 'sponsor', name: 'grace@example.org' } }, { step: 'owner-created' }]);
  });

  it('who decline end it for all', async () => {
    const { mail, asked } = await ask('declined@example.org', { unknownSender: 'sponsor', sponsors });
    await links().answerConfirmation({ waitingId: asked.waitingId, proof: proofOf(asked), approve: false });
    await outcome(mail.messageId).toMatchObject([{ payload: { reason: 'sender-rejected', statusText: 'Nobody vouched for this e-mail address: declined@example.org', senderMayBeTold: true } }]);
  });
});

describe('an administrator', () => {
  it('sees who waits and for what, page by page, and lets them in or not; nobody was asked by mail', async () => {
    const mails = [await harness.accept('held1@example.org', { unknownSender: 'hold' }), await harness.accept('held2@example.org', { unknownSender: 'hold' })];
    for (const mail of mails) await parked(mail);
    for (const mail of mails) expect(await askedAbout(mail)).toEqual([]);
    const [held] = await waits('held1@example.org');
    expect(held).toMatchObject({ policy: 'hold', displayName: 'Ada Lovelace', messages: [{ messageId: mails[0]?.messageId, mailboxId: 'mailbox', subject: 'Please print', fileNames: ['a.pdf'] }] });
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const page = await waiting().listWaitingSenders({ limit: 1, cursor });
      seen.push(...page.senders.map(({ address }) => address));
      if (page.nextCursor === '') break;
      cursor = page.nextCursor;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(['held1@example.org', 'held2@example.org']));

    expect(await harness.metrics()).toMatch(/^inkpost_account_waiting_senders\{[^}]*policy="hold"[^}]*\} [2-9]/mu);
    const waitingId = held?.waitingId ?? '';
    expect(await waiting().answerWaitingSender({ waitingId, approve: true })).toMatchObject({ address: 'held1@example.org', messages: 1 });
    await expect(waiting().answerWaitingSender({ waitingId, approve: false })).rejects.toThrow(/no waiting sender/);
    await outcome(mails[0]?.messageId ?? '').toMatchObject([{ subject: 'account.owner-resolved.v1' }]);
    const [other] = await waits('held2@example.org');
    await waiting().answerWaitingSender({ waitingId: other?.waitingId ?? '', approve: false });
    await outcome(mails[1]?.messageId ?? '').toMatchObject([{ payload: { reason: 'sender-rejected' } }]);
    expect((await harness.journey(mails[1]?.messageId ?? '')).at(-1)).toMatchObject({ evidence: { by: 'administrator', name: 'tester' } });
  });

  it('needs the right to add guests, and names somebody who waits', async () => {
    await expect(service.client(WaitingSenderService, 'guests.read').answerWaitingSender({ waitingId: 'x', approve: true })).rejects.toThrow(/guests\.add/);
    await expect(service.client(WaitingSenderService, 'guests.add').listWaitingSenders({})).rejects.toThrow(/guests\.read/);
    await expect(waiting().listWaitingSenders({ cursor: 'nonsense' })).rejects.toThrow(/cursor/);
    await expect(waiting().answerWaitingSender({ waitingId: "'; --", approve: true })).rejects.toThrow(/no waiting sender/);
  });
});

it('more mails of a sender than may wait are refused, and the others wait on', async () => {
  const mails = await Promise.all(Array.from({ length: WAITING_MESSAGES_MAX + 1 }, () => harness.accept('flood@example.org', { unknownSender: 'hold' })));
  await expect.poll(async () => (await Promise.all(mails.map(({ messageId }) => steps(messageId)))).flat().sort(), { timeout: 10_000 }).toEqual(['owner-refused', ...Array.from({ length: WAITING_MESSAGES_MAX }, () => 'sender-awaited')]);
  expect(await waits('flood@example.org')).toMatchObject([{ messages: { length: WAITING_MESSAGES_MAX } }]);
});

it('a mail that waits and is delivered again waits once', async () => {
  const { mail } = await ask('twice@example.org', { unknownSender: 'confirm' });
  const before = await harness.handled();
  await harness.deliverAgain(mail);
  await expect.poll(() => harness.handled()).toBe(before + 1);
  expect([await steps(mail.messageId), (await askedAbout(mail)).length]).toEqual([['sender-awaited'], 1]);
  expect(await waits('twice@example.org')).toMatchObject([{ messages: { length: 1 } }]);
});

describe('a test of an e-mail', () => {
  const preview = (address: string, unknownSender = '', sponsors: string[] = []) => service.client(OwnerPreviewService, 'configuration.read').previewOwner({ address, unknownSender, sponsors });

  it('says who has the address, or what would be done, and does nothing of it', async () => {
    await service.client(GuestService, 'guests.add', 'guests.read').createGuest({ settings: { addresses: ['known@example.org'], displayName: 'Grace' } });
    expect(await preview(' Known@Example.ORG ')).toMatchObject({ outcome: 'guest', directory: 'guests', displayName: 'Grace', statusText: '' });
    expect(await preview('stranger@example.org')).toMatchObject({ outcome: 'refused', directory: '', statusText: 'No user found with e-mail address: stranger@example.org' });
    for (const policy of ['create', 'confirm', 'sponsor', 'hold']) expect(await preview('stranger@example.org', policy, ['boss@example.org'])).toMatchObject({ outcome: policy, statusText: '' });
    await expect(preview('nonsense')).rejects.toThrow(/address: must be one e-mail address/);
    expect([await guestOf('stranger@example.org'), await waits('stranger@example.org')]).toEqual([[], []]);
  });

  it('says that a mail would wait for a directory that is down, and so does a sender who was let in meanwhile', async () => {
    const directories = service.client(DirectoryService, 'configuration.read', 'configuration.write');
    const { mail, asked } = await ask('patient@example.org', { unknownSender: 'confirm' });
    const ldap = { host: '127.0.0.1', port: await freePort(), tls: 'none', baseDn: 'dc=away', peopleFilter: '(objectClass=person)', mailAttributes: ['mail'], loginAttribute: 'uid', nameAttribute: 'cn', timeoutMs: 1_000 };
    const { directory } = await directories.createDirectory({ settings: { name: 'AWAY', kind: 'ldap', ldap } });
    const order = (...members: string[]) => directories.updateDirectory({ directoryId: 'meta', settings: { name: 'META', kind: 'meta', meta: { members } } });
    await order(directory?.directoryId ?? '', 'guests');
    expect(await preview('patient@example.org', 'confirm')).toMatchObject({ outcome: 'waiting', report: [expect.stringContaining("The directory AWAY can't be asked.") as string, 'A mail would wait until it answers.'] });
    await links().answerConfirmation({ waitingId: asked.waitingId, proof: proofOf(asked), approve: true });
    await expect.poll(() => steps(mail.messageId)).toEqual(['sender-awaited', 'sender-approved', 'waiting']);
    expect(await harness.claims(mail.documentId)).toEqual(['guest_account']);
    await order('guests');
    await outcome(mail.messageId).toMatchObject([{ subject: 'account.owner-resolved.v1', payload: { created: true } }]);
  });
});
