import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { Guest as GuestWire, GuestSettings as GuestSettingsWire } from '@inkpost/contracts/admin/v1/accounts_pb.js';
import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { checkLine } from '../check-line.js';
import { COMPANY_LENGTH_MAX, NAME_LENGTH_MAX } from '../limits.js';
import type { Guest } from '../gen/prisma/client.js';

/** What an administrator sets of a guest. */
export interface GuestSettings {
  readonly address: string;
  readonly displayName: string;
  /** fr, en, or empty: the installation's. */
  readonly language: string;
  readonly company: string;
  readonly locked: boolean;
  /** null: without end. */
  readonly validUntil: Date | null;
}

/** The years that a timestamp of both Postgres and JSON can name. */
const YEAR_MIN = 1970;
const YEAR_MAX = 9999;

/** Wire -> domain: normalises and checks. Throws invalid-argument that names the field. */
export function checkGuestSettings(wire: GuestSettingsWire | undefined): GuestSettings {
  if (!wire) throw invalidField('settings', 'is missing');
  const address = parseMailAddress(wire.address.trim())?.text;
  if (address === undefined) throw invalidField('address', 'must be one e-mail address such as somebody@example.org');
  if (!['', 'fr', 'en'].includes(wire.language)) throw invalidField('language', 'must be fr or en, or empty for the installation\'s language');
  return {
    address,
    displayName: checkLine('displayName', wire.displayName, NAME_LENGTH_MAX),
    language: wire.language,
    company: checkLine('company', wire.company, COMPANY_LENGTH_MAX),
    locked: wire.locked,
    validUntil: wire.validUntil ? checkInstant(timestampDate(wire.validUntil)) : null,
  };
}

function checkInstant(instant: Date): Date {
  const year = instant.getUTCFullYear();
  if (!(year >= YEAR_MIN && year <= YEAR_MAX)) throw invalidField('validUntil', `must lie between the years ${YEAR_MIN} and ${YEAR_MAX}`);
  return instant;
}

/** Row -> wire. */
export function toGuestWire(guest: Guest): Omit<GuestWire, '$typeName' | 'settings'> & { settings: Omit<GuestSettingsWire, '$typeName'> } {
  const { accountId, address, displayName, language, company, locked, validUntil, origin, createdAt, lastUsedAt, version } = guest;
  return {
    accountId, origin, version, createdAt: timestampFromDate(createdAt),
    settings: { address, displayName, language, company, locked, ...(validUntil ? { validUntil: timestampFromDate(validUntil) } : {}) },
    ...(lastUsedAt ? { lastUsedAt: timestampFromDate(lastUsedAt) } : {}),
  };
}
