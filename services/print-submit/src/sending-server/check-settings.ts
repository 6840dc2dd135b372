import type { SendingServerSettings as WireSettings } from '@inkpost/contracts/admin/v1/sending_server_pb.js';
import { parseCertificate, parseServerHost } from '@inkpost/server-connection/server-fields.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { sendingLimits } from '../limits.js';
import { checkIdentifier } from '../queues/check-properties.js';
import type { SendingSettings, StoredSendingServer } from './sending-settings.js';

const CONTROL_CHARACTER = /[\p{Cc}\p{Cf}]/u;

export interface CheckedServer {
  readonly settings: SendingSettings;
  /** Undefined: what is stored stays. */
  readonly password: string | undefined;
}

/** Wire -> domain. Throws invalid-argument that names the field. */
export function checkServerSettings(wire: WireSettings | undefined, before: StoredSendingServer | undefined): CheckedServer {
  if (!wire) throw invalidField('settings', 'is missing');
  const settings: SendingSettings = { ...checkPlace(wire), ...checkTarget(wire), createGuests: wire.createGuests };
  return { settings, password: checkPassword(wire.password, settings, before) };
}

function checkPlace(wire: WireSettings): Omit<SendingSettings, 'queueId' | 'location' | 'createGuests'> {
  const address = parseServerHost(wire.address);
  if (address === undefined) throw invalidField('address', 'must be the name or IP address of the server, without https:// and port');
  if (wire.port < 1 || wire.port > 65_535) throw invalidField('port', 'must be a number from 1 to 65535; usually 5753');
  const account = checkLine('account', wire.account, sendingLimits.accountLengthMax);
  if (account === '') throw invalidField('account', 'is missing: who may print on behalf of others on that server?');
  const certificateAuthority = wire.certificateAuthority.trim();
  if (certificateAuthority !== '' && !parseCertificate(certificateAuthority)) throw invalidField('certificateAuthority', 'must be a certificate in PEM form, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----');
  const pinnedCertificate = checkPinned(wire.pinnedCertificate);
  const certificates = { certificateAuthority, pinnedCertificate } as const;
  const unused = wire.secure ? undefined : (['certificateAuthority', 'pinnedCertificate'] as const).find((field) => certificates[field] !== '');
  if (unused) throw invalidField(unused, 'is for a secure connection; leave it out');
  return { address, port: wire.port, secure: wire.secure, account, ...certificates };
}

/** DER as it is exported, or PEM; gives PEM. */
function checkPinned(certificate: Uint8Array): string {
  if (certificate.length === 0) return '';
  const parsed = parseCertificate(certificate);
  if (!parsed) throw invalidField('pinnedCertificate', 'must be a certificate: the file print_api_cert.der that the server exports');
  if (!parsed.ca) throw invalidField('pinnedCertificate', 'must be the root certificate of the server, which it exports as print_api_cert.der; this one may sign no others');
  return parsed.toString();
}

function checkTarget(wire: WireSettings): Pick<SendingSettings, 'queueId' | 'location'> {
  const reason = wire.queueId === '' ? undefined : checkIdentifier(wire.queueId);
  if (reason !== undefined) throw invalidField('queueId', reason);
  const location = checkLine('location', wire.location, sendingLimits.locationLengthMax);
  if (location !== '' && wire.queueId !== '') throw invalidField('location', 'can\'t go with a queue: it is there already');
  return { queueId: wire.queueId, location };
}

function checkLine(field: string, text: string, lengthMax: number): string {
  const line = text.trim();
  if (line.length > lengthMax) throw invalidField(field, `must have at most ${lengthMax} characters`);
  if (CONTROL_CHARACTER.test(line)) throw invalidField(field, 'must be one line of visible characters');
  return line;
}

function checkPassword(password: string | undefined, settings: SendingSettings, before: StoredSendingServer | undefined): string | undefined {
  if (password !== undefined) {
    if (password === '' || password.length > sendingLimits.passwordLengthMax || password.includes('\u0000')) throw invalidField('password', `must have 1 to ${sendingLimits.passwordLengthMax} characters`);
    return password;
  }
  if (!before) throw invalidField('password', 'is missing');
  if (!isSameAccount(before, settings)) throw invalidField('password', 'must be given again when server, port, security, certificate or account change');
  return undefined;
}

/** Whoever may change settings but doesn't know the password could else have it sent to a server of his own. */
function isSameAccount(before: SendingSettings, after: SendingSettings): boolean {
  const fields = ['address', 'port', 'secure', 'account', 'certificateAuthority', 'pinnedCertificate'] as const;
  return fields.every((field) => before[field] === after[field]);
}
