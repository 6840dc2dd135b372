import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import { GuestSettingsSchema } from '@inkpost/contracts/admin/v1/accounts_pb.js';
import { FieldProblemSchema } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';
import { describe, expect, it } from 'vitest';
import { checkGuestSettings } from './guest-settings.js';

const check = (settings: MessageInitShape<typeof GuestSettingsSchema>) => checkGuestSettings(create(GuestSettingsSchema, { address: 'a@example.org', ...settings }));

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
    expect(check({ address: ' Zoë@BÜRO.example ', displayName: ' Zoë ', company: ' Büro ', language: 'fr', locked: true, validUntil: timestampFromDate(new Date(1_800_000_000_000)) })).toEqual({
      address: 'zoë@xn--bro-hoa.example', displayName: 'Zoë', company: 'Büro', language: 'fr', locked: true, validUntil: new Date(1_800_000_000_000),
    });
  });

  it('are without end where none is given', () => {
    expect(check({})).toMatchObject({ validUntil: null, locked: false, language: '' });
  });

  it.each([
    ['address', { address: '' }],
    ['address', { address: 'a@example.org, b@example.org' }],
    ['address', { address: `${'a'.repeat(400)}@example.org` }],
    ['address', { address: 'a@example.org\r\nBcc: b@example.org' }],
    ['displayName', { displayName: 'x'.repeat(201) }],
    ['displayName', { displayName: 'Ada\u0000' }],
    ['company', { company: 'x'.repeat(201) }],
    ['company', { company: 'a\nb' }],
    ['language', { language: 'de' }],
  ])('are refused with the name of the field: %s in %j', (field, settings) => {
    expect(refusedField(() => check(settings))).toBe(field);
  });

  it.each(['1969-12-31T23:59:59Z', '+010000-01-01T00:00:00Z'])('are refused with an end at %s', (instant) => {
    expect(refusedField(() => check({ validUntil: timestampFromDate(new Date(instant)) }))).toBe('validUntil');
  });

  it('must be there', () => {
    expect(refusedField(() => checkGuestSettings(undefined))).toBe('settings');
  });
});
