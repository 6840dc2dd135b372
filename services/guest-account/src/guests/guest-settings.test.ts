import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import { FieldProblemSchema } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';
import { GuestSettingsSchema } from '@inkpost/contracts/admin/v1/guests_pb.js';
import { parseMasterKey } from '@inkpost/secrets/master-key.js';
import { describe, expect, it } from 'vitest';
import { KeyedHash } from '../keyed-hash/keyed-hash.js';
import { verifyPassword } from '../sign-in/password-hash.js';
import { keepSecrets } from './guest-secrets.js';
import { fromGuestWire } from './guest-wire.js';

type Settings = MessageInitShape<typeof GuestSettingsSchema>;

const check = (settings: Settings) => fromGuestWire(create(GuestSettingsSchema, { addresses: ['a@example.org'], ...settings })).settings;
const day = (text: string) => timestampFromDate(new Date(text));

/** The field that is refused. */
function refusedField(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    const failure = ConnectError.from(error);
    expect(failure.code).toBe(Code.InvalidArgument);
    return failure.findDetails(FieldProblemSchema)[0]?.field;
  }
}

describe('the settings of a guest', () => {
  it('are kept in their normal form', () => {
    expect(check({
      login: ' Zoe.B ', addresses: [' Zoë@BÜRO.example ', 'z@example.org', 'Z@example.org'], displayName: ' Zoë ', company: ' Büro ', group: ' visitors ', language: 'FR',
      locked: true, validFrom: day('2030-01-01T00:00:00Z'), validUntil: day('2030-02-01T00:00:00Z'),
    })).toEqual({
      login: 'Zoe.B', addresses: ['zoë@xn--bro-hoa.example', 'z@example.org'], displayName: 'Zoë', company: 'Büro', group: 'visitors', analyticalCode: '', visitedPerson: '', note: '',
      language: 'fr', locked: true, validFrom: new Date('2030-01-01T00:00:00Z'), validUntil: new Date('2030-02-01T00:00:00Z'),
    });
  });

  it('are without begin and end where none is given', () => {
    expect(check({})).toMatchObject({ validFrom: null, validUntil: null, locked: false, language: '' });
  });

  it('name the first address where they name no login', () => {
    expect(check({ addresses: ['B@example.org', 'c@example.org'] }).login).toBe('b@example.org');
    expect(check({ login: 'nobody-writes-to-me', addresses: [] })).toMatchObject({ login: 'nobody-writes-to-me', addresses: [] });
  });

  it('take an address for a login if it is the guest\'s own, so that nobody else is kept from being made of it', () => {
    expect(check({ login: 'A@Example.org' }).login).toBe('a@example.org');
    for (const login of ['b@example.org', '@', 'a@']) expect(refusedField(() => check({ login }))).toBe('login');
  });

  it.each([
    ['login', { login: '', addresses: [] }],
    ['login', { login: 'x'.repeat(201) }],
    ['login', { login: 'AD\\ada' }],
    ['login', { login: 'a\u202eb' }],
    ['addresses', { addresses: [''] }],
    ['addresses', { addresses: ['a@example.org, b@example.org'] }],
    ['addresses', { addresses: [`${'a'.repeat(400)}@example.org`] }],
    ['addresses', { addresses: ['a@example.org\r\nBcc: b@example.org'] }],
    ['addresses', { addresses: Array.from({ length: 21 }, (_, index) => `a${index}@example.org`) }],
    ['displayName', { displayName: 'x'.repeat(201) }],
    ['displayName', { displayName: 'Ada\u0000' }],
    ['company', { company: 'x'.repeat(201) }],
    ['company', { company: 'a\nb' }],
    ['group', { group: 'x'.repeat(201) }],
    ['analyticalCode', { analyticalCode: 'x'.repeat(101) }],
    ['visitedPerson', { visitedPerson: 'x'.repeat(201) }],
    ['note', { note: 'x'.repeat(501) }],
    ['language', { language: 'de' }],
    ['validUntil', { validUntil: day('1969-12-31T23:59:59Z') }],
    ['validFrom', { validFrom: day('+010000-01-01T00:00:00Z') }],
    ['validUntil', { validFrom: day('2030-01-01T00:00:00Z'), validUntil: day('2030-01-01T00:00:00Z') }],
    ['password', { password: 'changeme' }],
    ['pin', { pin: '123' }],
    ['pin', { pin: '12a4' }],
    ['pin', { pin: '١٢٣٤' }],
    ['pin', { pin: '1'.repeat(13) }],
    ['cardNumber', { cardNumber: '123' }],
    ['cardNumber', { cardNumber: 'card/number' }],
    ['cardNumber', { cardNumber: '1'.repeat(65) }],
  ] satisfies [string, Settings][])('are refused with the name of the field: %s (%#)', (field, settings) => {
    expect(refusedField(() => check(settings))).toBe(field);
  });

  it('must be there', () => {
    expect(refusedField(() => fromGuestWire(undefined))).toBe('settings');
  });
});

describe('the secrets of a guest', () => {
  const keyed = (digits: string) => new KeyedHash(parseMasterKey(digits.repeat(32)));
  const hash = keyed('07');

  it('are kept as hashes that reveal nothing, each with its account', async () => {
    const kept = await keepSecrets({ password: 'Print-2026', pin: '4711', cardNumber: '04:a3-7f 12 9B' }, 'account-1', hash);
    expect(await verifyPassword(kept.passwordHash ?? '', 'Print-2026')).toBe(true);
    expect(kept.card?.end).toBe('129B');
    expect(kept.pinHash).toHaveLength(32);
    expect((await keepSecrets({ pin: '4711' }, 'account-2', hash)).pinHash).not.toEqual(kept.pinHash);
    expect((await keepSecrets({ pin: '4711' }, 'account-1', keyed('08'))).pinHash).not.toEqual(kept.pinHash);
  });

  it('stay as they are where they are not given, and go where they are empty', async () => {
    expect(await keepSecrets({}, 'a', hash)).toEqual({});
    expect(await keepSecrets({ password: '', pin: '', cardNumber: ' ' }, 'a', hash)).toEqual({ passwordHash: null, pinHash: null, card: null });
  });

  it('of a card are the same however its number is written, and of a short number half is shown', async () => {
    const card = async (cardNumber: string) => (await keepSecrets({ cardNumber }, 'a', hash)).card;
    expect(await card('04:A3:7F:12')).toEqual(await card('04a37f12'));
    expect(await card('04A37F13')).not.toEqual(await card('04A37F12'));
    expect((await card('12345'))?.end).toBe('45');
  });
});
