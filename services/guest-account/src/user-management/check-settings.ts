import type { UserManagementServerSettings as WireSettings } from '@inkpost/contracts/admin/v1/user_management_server_pb.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { checkLine } from '../check-line.js';
import { checkAuthority, checkHost, checkPort } from '../directories/check-server.js';
import { ACCOUNT_LENGTH_MAX, PASSWORD_LENGTH_MAX } from '../limits.js';
import type { ServerSettings, StoredServer } from './server-settings.js';

export interface CheckedServer {
  readonly settings: ServerSettings;
  /** Undefined: what is stored stays. */
  readonly password: string | undefined;
}

/** Wire -> domain. Throws invalid-argument that names the field. */
export function checkServerSettings(wire: WireSettings | undefined, before: StoredServer | undefined): CheckedServer {
  if (!wire) throw invalidField('settings', 'is missing');
  const account = checkLine('account', wire.account, ACCOUNT_LENGTH_MAX);
  if (account === '') throw invalidField('account', 'is missing: who may read, add, edit and delete guests on that server?');
  const settings: ServerSettings = {
    address: checkHost('address', wire.address, 'the server, without https:// and port'), port: checkPort('port', wire.port, '5756'), secure: wire.secure, account,
    certificateAuthority: checkAuthority('certificateAuthority', wire.certificateAuthority), certificateSha256: checkFingerprint(wire.certificateSha256),
  };
  const unused = settings.secure ? undefined : (['certificateAuthority', 'certificateSha256'] as const).find((field) => settings[field] !== '');
  if (unused) throw invalidField(unused, 'is for a secure connection; leave it out');
  return { settings, password: checkPassword(wire.password, settings, before) };
}

/** As `openssl x509 -fingerprint -sha256` and browsers show it, with colons or without. */
function checkFingerprint(text: string): string {
  const digits = text.replaceAll(/[\s:]/gu, '').toUpperCase();
  if (digits === '') return '';
  if (!/^[0-9A-F]{64}$/u.test(digits)) throw invalidField('certificateSha256', 'must be the SHA-256 fingerprint of a certificate: 64 hexadecimal digits, with or without colons');
  return (digits.match(/../gu) ?? []).join(':');
}

function checkPassword(password: string | undefined, settings: ServerSettings, before: StoredServer | undefined): string | undefined {
  if (password !== undefined) {
    if (password === '' || password.length > PASSWORD_LENGTH_MAX || password.includes('\u0000')) throw invalidField('password', `must have 1 to ${PASSWORD_LENGTH_MAX} characters`);
    return password;
  }
  if (!before) throw invalidField('password', 'is missing');
  if (!isSameAccount(before, settings)) throw invalidField('password', 'must be given again when server, port, security, certificate or account change');
  return undefined;
}

/** Whoever may change settings but doesn't know the password could else have it sent to a server of his own. */
function isSameAccount(before: ServerSettings, after: ServerSettings): boolean {
  const fields = ['address', 'port', 'secure', 'account', 'certificateAuthority', 'certificateSha256'] as const;
  return fields.every((field) => before[field] === after[field]);
}
