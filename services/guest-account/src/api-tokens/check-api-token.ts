import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { CreateApiTokenRequest } from '@inkpost/contracts/admin/v1/rights_pb.js';
import type { Right } from '@inkpost/service/rights.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { checkLine } from '../check-line.js';
import { API_TOKEN_DAYS_MAX, API_TOKEN_NAME_LENGTH_MAX } from '../limits.js';
import { checkRightNames } from '../rights/check-profile.js';

/** A token that may be made. */
export interface CheckedApiToken {
  readonly name: string;
  readonly rights: readonly Right[];
  readonly expiresAt: Date;
}

const DAY_MS = 86_400_000;

/** Wire -> domain. Throws invalid-argument that names the field. */
export function checkApiToken(wire: Pick<CreateApiTokenRequest, 'name' | 'rights' | 'expiresAt'>, now: Date): CheckedApiToken {
  const name = checkLine('name', wire.name, API_TOKEN_NAME_LENGTH_MAX);
  if (name === '') throw invalidField('name', 'is missing: what is the token for?');
  const rights = checkRightNames('rights', wire.rights);
  if (rights.length === 0) throw invalidField('rights', 'must be at least one');
  const expiresAt = wire.expiresAt ? timestampDate(wire.expiresAt) : undefined;
  const leftMs = (expiresAt?.getTime() ?? Number.NaN) - now.getTime();
  if (!expiresAt || !(leftMs > 0 && leftMs <= API_TOKEN_DAYS_MAX * DAY_MS)) throw invalidField('expiresAt', 'must be a time from now to one year ahead');
  return { name, rights, expiresAt };
}
