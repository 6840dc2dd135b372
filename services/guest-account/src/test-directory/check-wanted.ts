import type { TestDirectoryRequest } from '@inkpost/contracts/admin/v1/directories_pb.js';
import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { ACCOUNT_LENGTH_MAX, PASSWORD_LENGTH_MAX } from '../limits.js';

/** Whom a test looks for; what is empty is not looked for. */
export interface WantedPerson {
  readonly address: string;
  readonly login: string;
  readonly password: string;
}

/** Wire -> domain. Throws invalid-argument that names the field. */
export function checkWanted({ address, login, password }: Pick<TestDirectoryRequest, 'address' | 'login' | 'password'>): WantedPerson {
  const normal = address === '' ? '' : parseMailAddress(address.trim())?.text;
  if (normal === undefined) throw invalidField('address', 'must be one e-mail address such as somebody@example.org');
  if (login.length > ACCOUNT_LENGTH_MAX || login.includes('\u0000')) throw invalidField('login', `must be at most ${ACCOUNT_LENGTH_MAX} characters of text`);
  if (password.length > PASSWORD_LENGTH_MAX || password.includes('\u0000')) throw invalidField('password', `must have at most ${PASSWORD_LENGTH_MAX} characters`);
  if (password !== '' && login === '') throw invalidField('login', 'is missing: whose password is it?');
  return { address: normal, login: login.trim(), password };
}
