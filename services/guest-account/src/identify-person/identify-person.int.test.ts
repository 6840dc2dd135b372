import { randomUUID } from 'node:crypto';
import { Code } from '@connectrpc/connect';
import { AccountCardService, IdentificationService, PinService } from '@inkpost/contracts/admin/v1/identification_pb.js';
import { signLink } from '@inkpost/secrets/signed-link.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DirectoriesHarness, refusal } from '../directories/directories.harness.js';

const POINT = 'hall';
const HERE = '192.0.2.1';

let desk: DirectoriesHarness;
let directoryId: string;

const pins = (...rights: 'configuration.write'[]) => desk.service.client(PinService, ...rights);
const cards = () => desk.service.client(AccountCardService, 'guests.read', 'guests.edit');
const identify = (login: string, pin: string, { releasePoint = POINT, source = HERE } = {}) =>
  desk.service.client(IdentificationService).identify({ who: { case: 'login', value: login }, pin, releasePoint, source });
const identifyByCard = (cardNumber: string, pin: string) => desk.service.client(IdentificationService).identify({ who: { case: 'cardNumber', value: cardNumber }, pin, releasePoint: POINT, source: HERE });
const sql = (text: string, values: unknown[] = []) => desk.base.superuser.query(text, values);

interface Hired {
  readonly accountId: string;
  readonly directoryId: string;
  readonly login: string;
}

async function hire(login: string, more: object = {}): Promise<Hired> {
  const { person } = await desk.clients.people.createPerson({ directoryId, settings: { login, displayName: `${login} of staff`, addresses: [`${login}@staff.example`], language: 'fr', ...more } });
  return { accountId: person?.accountId ?? '', directoryId, login };
}

async function guest(login: string, more: object = {}): Promise<Hired> {
  const { guest: made } = await desk.clients.guests.createGuest({ settings: { login, addresses: [`${login}@guest.example`], ...more } });
  return { accountId: made?.accountId ?? '', directoryId: 'guests', login };
}

beforeAll(async () => {
  desk = await DirectoriesHarness.start();
  directoryId = await desk.add({ name: 'STAFF', kind: 'local' });
  await desk.setMembers(directoryId, 'guests');
});
afterAll(() => desk.stop());
beforeEach(() => sql('TRUNCATE guest_account.sign_in_delay, guest_account.sign_in_familiar'));

describe('somebody at a release point', () => {
  it('is who the directory knows by the login, once the PIN is right (V-05)', async () => {
    const ada = await hire('ada');
    await pins().setOwnPin({ account: ada, pin: '2580' });
    for (const login of ['ada', 'ADA', 'staff\\ada']) {
      expect(await identify(login, '2580')).toMatchObject({ outcome: 'identified', account: { name: 'STAFF\\ada', ...ada }, displayName: 'ada of staff', language: 'fr' });
    }
    expect(await pins().getOwnPin({ account: ada })).toMatchObject({ hasPin: true, policy: { lengthMin: 4 } });
    const { rows } = await sql('SELECT pin_hash FROM guest_account.account_pin WHERE account_id = $1', [ada.accountId]);
    expect((rows[0] as { pin_hash: Buffer }).pin_hash).toHaveLength(32);
  });

  it('is a guest too, with the PIN that an administrator or they themselves set', async () => {
    const zoe = await guest('zoe', { pin: '4711' });
    expect(await identify('zoe', '4711')).toMatchObject({ outcome: 'identified', account: { name: 'guests\\zoe', accountId: zoe.accountId } });
    await pins().setOwnPin({ account: zoe, pin: '190283' });
    expect((await identify('zoe', '4711')).outcome).toBe('refused');
    expect((await identify('zoe', '190283')).outcome).toBe('identified');
    expect((await sql('SELECT 1 FROM guest_account.account_pin WHERE account_id = $1', [zoe.accountId])).rowCount).toBe(0);
  });

  it('is refused alike where the PIN is wrong or another\'s, nobody has the login, or the account is locked, over, or has no PIN', async () => {
    const [bob, shut] = [await hire('bob'), await hire('shut', { locked: true }), await hire('bare'), await guest('late', { pin: '4711' })];
    await sql("UPDATE guest_account.guest SET valid_until = now() - interval '1 minute' WHERE login = 'late'");
    await pins().setOwnPin({ account: bob, pin: '2580' });
    // A copied hash proves nothing: it is bound to the account that it was set for.
    await sql('INSERT INTO guest_account.account_pin SELECT $1, directory_id, pin_hash FROM guest_account.account_pin WHERE account_id = $2', [shut.accountId, bob.accountId]);
    const refused = { outcome: 'refused', retryAfterSeconds: 0, displayName: '', language: '' };
    for (const [login, pin] of [['bob', '2581'], ['bob', ''], ['nobody', '2580'], ['bare', '2580'], ['bare', ''], ['shut', '2580'], ['late', '4711'], ['maintenance', '2580'], ['META\\bob', '2580']] as const) {
      expect(await identify(login, pin, { releasePoint: randomUUID() }), login).toMatchObject(refused);
    }
    expect((await identify('bob', '2580')).outcome).toBe('identified');
  });

  it('has none any more once it was removed', async () => {
    const eve = await hire('eve');
    await pins().setOwnPin({ account: eve, pin: '2580' });
    await pins().setOwnPin({ account: eve, pin: '' });
    expect((await identify('eve', '2580')).outcome).toBe('refused');
    expect(await pins().getOwnPin({ account: eve })).toMatchObject({ hasPin: false });
  });
});

describe('a card', () => {
  it('says who it is, however its number is written, and the PIN proves it', async () => {
    const carl = await hire('carl');
    await pins().setOwnPin({ account: carl, pin: '2580' });
    const { card } = await cards().createAccountCard({ directoryId, login: 'CARL', cardNumber: '04:a3-7f 19' });
    expect(card).toMatchObject({ directoryName: 'STAFF', login: 'carl', cardEnd: '7F19' });
    expect(await identifyByCard('04A37F19', '2580')).toMatchObject({ outcome: 'identified', account: { accountId: carl.accountId } });
    expect((await identifyByCard('04A37F19', '2581')).outcome).toBe('refused');
    expect((await identifyByCard('04A37F00', '2580')).outcome).toBe('refused');
    expect((await cards().listAccountCards({ search: 'car' })).cards).toMatchObject([{ cardId: card?.cardId }]);
    expect((await refusal(cards().createAccountCard({ directoryId, login: 'carl', cardNumber: '04A37F19' }))).code).toBe(Code.AlreadyExists);
    await cards().deleteAccountCard({ cardId: card?.cardId ?? '' });
    expect((await identifyByCard('04A37F19', '2580')).outcome).toBe('refused');
  });

  it('of a guest is the guest\'s, and with the PIN it stays good when the guest turns out to be somebody of a directory', async () => {
    const wasGuest = await guest('mary', { addresses: ['mary@staff.example'], pin: '4711', cardNumber: '04A37F20' });
    expect(await identifyByCard('04A37F20', '4711')).toMatchObject({ outcome: 'identified', account: { accountId: wasGuest.accountId } });
    expect((await refusal(cards().createAccountCard({ directoryId, login: 'carl', cardNumber: '04A37F20' }))).code).toBe(Code.AlreadyExists);
    const mary = await hire('mary');
    const { messageId } = await desk.base.accept('mary@staff.example');
    await expect.poll(async () => (await desk.base.journey(messageId)).length, { timeout: 8_000 }).toBeGreaterThan(0);
    expect(await identifyByCard('04A37F20', '4711')).toMatchObject({ outcome: 'identified', account: { name: 'STAFF\\mary', accountId: mary.accountId } });
    expect((await identify('mary', '4711')).outcome).toBe('identified');
    await pins().setOwnPin({ account: mary, pin: '190283' });
    expect((await identify('mary', '4711')).outcome).toBe('refused');
  });

  it.each([
    ['cardNumber', { cardNumber: '12' }], ['login', { login: 'nobody' }], ['directoryId', { directoryId: 'guests' }], ['directoryId', { directoryId: randomUUID() }],
  ])('is not given where %s is not good', async (field, more) => {
    await expect(cards().createAccountCard({ directoryId, login: 'carl', cardNumber: '04A37F99', ...more })).rejects.toThrow(`${field}: `);
  });
});

describe('the owner of a mail', () => {
  const hasPin = async (address: string) => {
    const { messageId } = await desk.base.accept(address);
    const resolved = async () => (await desk.base.facts(messageId)).find(({ subject }) => subject === 'account.owner-resolved.v1');
    await expect.poll(resolved, { timeout: 8_000 }).toBeDefined();
    return (await resolved())?.payload['ownerHasPin'] ?? false;
  };

  it('is known to have a PIN from the first mail on, and no more once it is removed', async () => {
    const nan = await hire('nan');
    await pins().setOwnPin({ account: nan, pin: '2580' });
    expect([await hasPin('nan@staff.example'), await hasPin('nan@staff.example')]).toEqual([true, true]);
    await pins().setOwnPin({ account: nan, pin: '' });
    expect(await hasPin('nan@staff.example')).toBe(false);
    await guest('oda', { pin: '4711' });
    expect(await hasPin('oda@guest.example')).toBe(true);
    await guest('pam', { addresses: ['pam@staff.example'], pin: '4711' });
    await hire('pam');
    expect([await hasPin('pam@staff.example'), await hasPin('pam@staff.example')]).toEqual([true, true]);
  });
});

describe('guessing', () => {
  it('is looked at a few times, then slower and slower; the right PIN waits too, and elsewhere it doesn\'t where its owner was before', async () => {
    const gus = await hire('gus');
    await pins().setOwnPin({ account: gus, pin: '2580' });
    expect((await identify('gus', '2580', { releasePoint: 'known', source: '192.0.2.2' })).outcome).toBe('identified');
    const outcomes = [];
    for (let guess = 0; guess < 6; guess += 1) outcomes.push((await identify('gus', `900${guess}`)).outcome);
    expect(outcomes).toEqual(['refused', 'refused', 'refused', 'refused', 'refused', 'locked-out']);
    expect(await identify('gus', '2580')).toMatchObject({ outcome: 'locked-out', retryAfterSeconds: 1 });
    await sql("UPDATE guest_account.sign_in_delay SET failures = 40, blocked_until = now() + interval '1 hour' WHERE scope IN ('pin-account', 'pin-everywhere')");
    expect((await identify('gus', '2580', { releasePoint: 'elsewhere', source: '192.0.2.3' })).outcome).toBe('locked-out');
    expect((await identify('gus', '2580', { releasePoint: 'known', source: '192.0.2.2' })).outcome).toBe('identified');
  });

  it('at one release point locks it for all who come there, whichever accounts are tried; right PINs cost nothing', async () => {
    const hal = await hire('hal');
    await pins().setOwnPin({ account: hal, pin: '2580' });
    for (let round = 0; round < 3; round += 1) expect((await identify('hal', '2580')).outcome).toBe('identified');
    const guesses = await Promise.all(Array.from({ length: 25 }, (_, index) => identify(`victim-${index}`, '2580', { source: `192.0.2.${index}` })));
    expect(guesses.map(({ outcome }) => outcome).toSorted()).toEqual([...Array.from({ length: 5 }, () => 'locked-out'), ...Array.from({ length: 20 }, () => 'refused')]);
    const { outcome, retryAfterSeconds } = await identify('hal', '2580');
    expect(outcome).toBe('locked-out');
    expect(retryAfterSeconds).toBeLessThanOrEqual(600);
    expect((await identify('hal', '2580', { releasePoint: 'other', source: '198.51.100.1' })).outcome).toBe('identified');
  });
});

describe('a PIN', () => {
  it('follows the policy of the installation, wherever people choose it', async () => {
    const ivy = await hire('ivy');
    await expect(pins().setOwnPin({ account: ivy, pin: '1234' })).rejects.toThrow('pin: is what others would try first');
    await pins('configuration.write').putPinPolicy({ policy: { lengthMin: 6 } });
    await expect(pins().setOwnPin({ account: ivy, pin: '2580' })).rejects.toThrow('pin: must be 6 to 12 digits');
    await pins('configuration.write').putPinPolicy({ policy: { lengthMin: 4 } });
    await expect(pins('configuration.write').putPinPolicy({ policy: { lengthMin: 3 } })).rejects.toThrow('lengthMin: ');
    expect((await refusal(pins().putPinPolicy({ policy: { lengthMin: 6 } }))).code).toBe(Code.PermissionDenied);
  });

  it('is not set for an account that is another\'s by now, or that prints nothing', async () => {
    const { login } = await hire('joe');
    expect((await refusal(pins().setOwnPin({ account: { directoryId, login, accountId: randomUUID() }, pin: '2580' }))).code).toBe(Code.FailedPrecondition);
    expect((await refusal(pins().setOwnPin({ account: { name: 'maintenance' }, pin: '2580' }))).code).toBe(Code.FailedPrecondition);
  });
});

describe('a link to set a PIN', () => {
  const wanted = async (accountId: string) =>
    (await sql("SELECT payload FROM flow.message WHERE subject = 'account.pin-link-wanted.v1' AND payload ->> 'accountId' = $1 ORDER BY created_at", [accountId])).rows.map(({ payload }) => payload as { linkId: string; address: string; openUntil: string });
  const linkOf = async (accountId: string) => {
    await expect.poll(async () => (await wanted(accountId)).length, { timeout: 5_000 }).toBe(1);
    const [made] = await wanted(accountId);
    if (!made) throw new Error('no link was mailed');
    const { linkId, address, openUntil } = made;
    return { address, linkId, proof: signLink(await desk.base.masterKey(), linkId, { endsAt: new Date(openUntil), place: 0 }) };
  };

  it('goes to the first address that the directory holds, whichever was given, and is good once', async () => {
    const kim = await hire('kim', { addresses: ['kim@staff.example', 'kim.b@staff.example'] });
    await pins().requestPinLink({ address: ' Kim.B@Staff.example', source: HERE });
    const { address, ...link } = await linkOf(kim.accountId);
    expect(address).toBe('kim@staff.example');
    expect(await pins().showPinLink(link)).toMatchObject({ link: { state: 'open', displayName: 'kim of staff', policy: { lengthMin: 4 } } });
    await expect(pins().setPinByLink({ ...link, pin: '1111' })).rejects.toThrow('pin: ');
    const both = await Promise.all(['2580', '2581'].map((pin) => pins().setPinByLink({ ...link, pin })));
    expect(both.filter(({ set }) => set)).toHaveLength(1);
    expect((await identify('kim', both[0]?.set ? '2580' : '2581')).outcome).toBe('identified');
    expect(await pins().showPinLink(link)).toMatchObject({ link: { state: 'used', displayName: '' } });
  });

  it('that nobody signed, that ran out, or whose account is locked by now sets nothing', async () => {
    const lou = await hire('lou');
    await pins().requestPinLink({ address: 'lou@staff.example', source: HERE });
    const { address: _, ...link } = await linkOf(lou.accountId);
    const forged = { ...link, proof: signLink(await desk.base.masterKey(), randomUUID(), { endsAt: new Date(Date.now() + 60_000), place: 0 }) };
    for (const nothing of [forged, { linkId: 'x', proof: link.proof }, { ...link, proof: '' }]) expect(await pins().setPinByLink({ ...nothing, pin: '2580' })).toMatchObject({ set: false, link: { state: 'unknown' } });
    await sql("UPDATE guest_account.local_person SET locked = true WHERE login = 'lou'");
    expect(await pins().setPinByLink({ ...link, pin: '2580' })).toMatchObject({ set: false, link: { state: 'unknown' } });
    await sql("UPDATE guest_account.local_person SET locked = false WHERE login = 'lou'");
    await sql("UPDATE guest_account.pin_link SET open_until = now() WHERE link_id = $1", [link.linkId]);
    expect(await pins().setPinByLink({ ...link, pin: '2580' })).toMatchObject({ set: false, link: { state: 'expired' } });
    expect((await identify('lou', '2580')).outcome).toBe('refused');
  });

  it('is answered alike for anybody, and mailed three times at most', async () => {
    const max = await hire('max');
    const answers = await Promise.all([...Array.from({ length: 5 }, () => 'max@staff.example'), 'nobody@staff.example', 'no address'].map((address, index) => pins().requestPinLink({ address, source: `203.0.113.${index}` })));
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(new Set([JSON.stringify(answers[0])]));
    await expect.poll(async () => (await wanted(max.accountId)).length, { timeout: 5_000 }).toBe(3);
    expect((await sql("SELECT failures FROM guest_account.sign_in_delay WHERE scope = 'pin-link' AND subject = 'max@staff.example'")).rows).toEqual([{ failures: 3 }]);
  });
});
