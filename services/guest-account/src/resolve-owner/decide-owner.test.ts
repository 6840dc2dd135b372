import { describe, expect, it } from 'vitest';
import { decodePayload, encodePayload } from '@inkpost/flow/payload.js';
import type { PersonLookup } from '../find-person/ask-directories.js';
import { languageOf } from '../installation.js';
import type { DirectoryPerson } from '../ports/directory.port.js';
import { creationFailed, decideOwner, type KnownGuest } from './decide-owner.js';

const SUBJECT = 'acceptance.message-accepted.v1';

const guest: KnownGuest = {
  accountId: 'a', address: 'ada@example.org', displayName: 'Ada', language: '', locked: false, validFrom: null, notYet: false, validUntil: null, expired: false, renewed: false,
};

const person: DirectoryPerson = { accountId: 'p', reference: 'uid=ada', login: 'ada', displayName: 'Ada L.', addresses: ['ada@example.org'], language: '', locked: false };

const nobody: PersonLookup<KnownGuest> = { kind: 'nobody', asked: ['guests'] };
const known = (guest: KnownGuest): PersonLookup<KnownGuest> => ({ kind: 'guest', directory: 'guests', guest, asked: [] });
const inDirectory = (person: DirectoryPerson): PersonLookup<KnownGuest> => ({ kind: 'person', directory: 'AD', person, groups: [], groupsProblem: undefined, ageSeconds: 0, asked: [] });

function mail(more: { address?: string; displayName?: string; language?: string; unknownSender?: string; approvedBy?: string; approver?: string; senderMayBeTold?: boolean; knownSenderMayBeTold?: boolean } = {}) {
  const { address = 'ada@example.org', displayName = 'Ada', ...rest } = more;
  return decodePayload(SUBJECT, encodePayload(SUBJECT, { sender: { address, displayName }, ...rest }));
}

describe('the owner of a mail', () => {
  it('is the guest with the sender\'s address', () => {
    expect(decideOwner(mail(), known(guest), 'en')).toEqual({ kind: 'found', guest });
  });

  it('is whomever a directory knows by it', () => {
    expect(decideOwner(mail(), inDirectory(person), 'en')).toEqual({ kind: 'known', lookup: inDirectory(person) });
  });

  it('is nobody while the person in the directory is locked, whether creation is allowed or not', () => {
    expect(decideOwner(mail({ unknownSender: 'create' }), inDirectory({ ...person, locked: true }), 'en')).toMatchObject({ kind: 'refused', reason: 'account-locked' });
  });

  it('is nobody where several people of a directory have it, and no guest is made instead', () => {
    expect(decideOwner(mail({ unknownSender: 'create' }), { kind: 'ambiguous', directory: 'AD', logins: ['ada', 'ada2'], asked: [] }, 'en')).toEqual({
      kind: 'refused', reason: 'account-ambiguous', statusText: 'Several users of the directory AD have this e-mail address: ada@example.org',
    });
  });

  it('is a new guest where the address is unknown and creation allowed', () => {
    expect(decideOwner(mail({ unknownSender: 'create', language: 'fr-CA' }), nobody, 'en')).toEqual({
      kind: 'created', guest: { address: 'ada@example.org', displayName: 'Ada', language: 'fr', visitedPerson: '' },
    });
  });

  it('is nobody where the address is unknown and creation not allowed (SKY-121)', () => {
    expect(decideOwner(mail(), nobody, 'en')).toEqual({ kind: 'refused', reason: 'no-account', statusText: 'No user found with e-mail address: ada@example.org' });
  });

  it('is a guest with the sponsor who vouched for them as the person visited', () => {
    expect(decideOwner(mail({ unknownSender: 'create', approvedBy: 'sponsor', approver: 'grace@example.org' }), nobody, 'en')).toMatchObject({ kind: 'created', guest: { visitedPerson: 'grace@example.org' } });
    expect(decideOwner(mail({ unknownSender: 'create', approvedBy: 'administrator', approver: 'maintenance' }), nobody, 'en')).toMatchObject({ kind: 'created', guest: { visitedPerson: '' } });
  });

  it.each(['confirm', 'sponsor', 'hold'])('is waited for where the policy is %s, and so is an automatic guest of old', (policy) => {
    const unknown = mail({ unknownSender: policy, knownSenderMayBeTold: true });
    expect(decideOwner(unknown, nobody, 'en')).toEqual({ kind: 'awaited', policy });
    expect(decideOwner(unknown, known({ ...guest, expired: true, renewed: true }), 'en')).toEqual({ kind: 'awaited', policy });
    expect(decideOwner(unknown, known({ ...guest, expired: true, renewed: false }), 'en')).toMatchObject({ kind: 'refused', reason: 'account-expired' });
    expect(decideOwner(unknown, known(guest), 'en')).toEqual({ kind: 'found', guest });
    expect(decideOwner(mail({ unknownSender: policy, address: 'Not Normal@example.org' }), nobody, 'en')).toMatchObject({ reason: 'account-not-created' });
  });

  it('is never asked to confirm by a link in answer to an automatic or a forged mail', () => {
    expect(decideOwner(mail({ unknownSender: 'confirm' }), nobody, 'en')).toMatchObject({ kind: 'refused', reason: 'no-account', cause: expect.stringContaining('was not asked') as string });
    expect(decideOwner(mail({ unknownSender: 'confirm', senderMayBeTold: true }), nobody, 'en')).toMatchObject({ kind: 'awaited' });
    for (const policy of ['sponsor', 'hold']) expect(decideOwner(mail({ unknownSender: policy }), nobody, 'en')).toMatchObject({ kind: 'awaited' });
  });

  it('is nobody while the account is locked, whether creation is allowed or not', () => {
    for (const unknownSender of ['refuse', 'create']) {
      expect(decideOwner(mail({ unknownSender }), known({ ...guest, locked: true, expired: true, renewed: true }), 'en')).toMatchObject({ kind: 'refused', reason: 'account-locked' });
    }
  });

  it('is nobody before the account begins, whether creation is allowed or not', () => {
    for (const unknownSender of ['refuse', 'create']) {
      expect(decideOwner(mail({ unknownSender }), known({ ...guest, notYet: true, validFrom: new Date() }), 'en')).toEqual({
        kind: 'refused', reason: 'account-not-yet-valid', statusText: 'The account of this e-mail address is not valid yet: ada@example.org',
      });
    }
  });

  it('is nobody after the end that an administrator set', () => {
    expect(decideOwner(mail({ unknownSender: 'create' }), known({ ...guest, expired: true }), 'en')).toMatchObject({ kind: 'refused', reason: 'account-expired' });
  });

  it('is an automatic guest of old again, as long as new ones are allowed', () => {
    const old = { ...guest, expired: true, renewed: true };
    expect(decideOwner(mail({ unknownSender: 'create' }), known(old), 'en')).toEqual({ kind: 'revived', guest: old });
    expect(decideOwner(mail(), known(old), 'en')).toMatchObject({ kind: 'refused', reason: 'account-expired' });
  });

  it.each(['', 'no address', 'Ada@Example.org', 'a@b@example.org', `${'a'.repeat(400)}@example.org`])('is nobody where no account can be made of %j (SKY-122)', (address) => {
    expect(decideOwner(mail({ address, unknownSender: 'create' }), nobody, 'en')).toEqual(creationFailed(address));
    expect(creationFailed(address).statusText).toBe(`Failed to create a new user with e-mail address: ${address}`);
  });
});

describe('a new guest', () => {
  const name = (displayName: string) => {
    const decision = decideOwner(mail({ displayName, unknownSender: 'create' }), nobody, 'fr');
    return decision.kind === 'created' ? decision.guest.displayName : undefined;
  };

  it.each([['  Ada\r\n\tLovelace ', 'Ada Lovelace'], ['\u202EAda\u0000', 'Ada'], ['', ''], ['x'.repeat(500), 'x'.repeat(200)]])('named %j is called %j', (written, called) => {
    expect(name(written)).toBe(called);
  });

  it('is never called by half a letter', () => {
    expect(name(`${'x'.repeat(199)}😀`)?.isWellFormed()).toBe(true);
  });

  it('speaks the installation\'s language where the mail says none that we speak', () => {
    expect(decideOwner(mail({ language: 'de', unknownSender: 'create' }), nobody, 'fr')).toMatchObject({ guest: { language: 'fr' } });
  });
});

it.each([['fr', 'fr'], ['FR-ca', 'fr'], ['en-GB', 'en'], ['de', undefined], ['frisian', undefined], ['', undefined]])('the language of %j is %j', (tag, language) => {
  expect(languageOf(tag)).toBe(language);
});
