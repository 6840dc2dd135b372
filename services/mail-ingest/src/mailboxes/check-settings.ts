import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { ImapSettings as WireImap, MailboxSettings as WireSettings } from '@inkpost/contracts/admin/v1/mailboxes_pb.js';
import { parseDomain, parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import {
  CERTIFICATE_CHARACTERS_MAX, FOLDER_CHARACTERS_MAX, PASSWORD_CHARACTERS_MAX, QUEUE_ID_CHARACTERS_MAX, USER_CHARACTERS_MAX,
} from '../limits.js';
import { AFTER_PROCESSING, type ImapAccess, MAILBOX_KINDS, type MailboxSettings, TLS_CHOICES } from './mailbox.js';

/** What is wrong with a field, and what to do; `field` is its JSON path, such as `imap.host`. */
export interface FieldProblem {
  readonly field: string;
  readonly reason: string;
}

export interface CheckedSettings {
  readonly settings: MailboxSettings;
  /** Given anew; undefined: the stored one stays. */
  readonly password: string | undefined;
}

type Checked<T> = T | FieldProblem;

/** Wire -> domain, with what may be left out filled in: keep, INBOX, the address as user. */
export function checkSettings(wire: WireSettings): Checked<CheckedSettings> {
  const address = parseMailAddress(wire.address.trim())?.text;
  if (address === undefined) return problem('address', 'must be one e-mail address, for example print@example.org');
  const kind = MAILBOX_KINDS.find((name) => name === wire.kind);
  if (!kind) return problem('kind', `must be one of ${MAILBOX_KINDS.join(', ')}`);
  const queueId = wire.queueId.trim();
  if (!isLine(queueId, QUEUE_ID_CHARACTERS_MAX)) return problem('queueId', 'must be the identifier of the queue that the documents go to');
  const afterProcessing = AFTER_PROCESSING.find((name) => name === (wire.afterProcessing || 'keep'));
  if (!afterProcessing) return problem('afterProcessing', `must be one of ${AFTER_PROCESSING.join(', ')}`);
  const common = { address, queueId, enabled: wire.enabled };
  if (kind === 'smtp') {
    if (afterProcessing !== 'keep') return problem('afterProcessing', 'is for kind imap: what comes in by SMTP lies on no server');
    if (wire.imap) return problem('imap', 'is for kind imap; leave it out');
    return { settings: { ...common, kind }, password: undefined };
  }
  if (!wire.imap) return problem('imap', 'is missing: server, port, TLS, password');
  const imap = checkAccess(wire.imap, address);
  if ('reason' in imap) return imap;
  const { password } = wire.imap;
  if (password !== undefined && !isLine(password, PASSWORD_CHARACTERS_MAX)) return problem('imap.password', `must have 1 to ${PASSWORD_CHARACTERS_MAX} characters without line breaks`);
  const processedFolder = afterProcessing === 'move' ? wire.processedFolder : '';
  if (afterProcessing === 'move' && !isLine(processedFolder, FOLDER_CHARACTERS_MAX)) return problem('processedFolder', 'must name the folder that processed mails are moved to');
  if (processedFolder === imap.folder) return problem('processedFolder', 'must be another folder than the watched one');
  return { settings: { ...common, kind, afterProcessing, processedFolder, imap }, password };
}

function checkAccess(wire: WireImap, address: string): Checked<ImapAccess> {
  const host = isIP(wire.host) === 0 ? parseDomain(wire.host.trim()) : wire.host;
  if (host === undefined) return problem('imap.host', 'must be the name or IP address of the mail server, without a port');
  const { port } = wire;
  if (port < 1 || port > 65_535) return problem('imap.port', 'must be a number from 1 to 65535; usually 993, without implicit TLS 143');
  const tls = TLS_CHOICES.find((name) => name === wire.tls);
  if (!tls) return problem('imap.tls', `must be one of ${TLS_CHOICES.join(', ')}`);
  const user = wire.user === '' ? address : wire.user;
  if (!isLine(user, USER_CHARACTERS_MAX)) return problem('imap.user', `must have at most ${USER_CHARACTERS_MAX} characters without line breaks`);
  const folder = wire.folder === '' ? 'INBOX' : wire.folder;
  if (!isLine(folder, FOLDER_CHARACTERS_MAX)) return problem('imap.folder', `must have at most ${FOLDER_CHARACTERS_MAX} characters without line breaks`);
  const certificateAuthority = wire.certificateAuthority.trim();
  if (certificateAuthority !== '' && !isCertificate(certificateAuthority)) return problem('imap.certificateAuthority', 'must be a certificate in PEM form, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----');
  return { host, port, tls, user, folder, certificateAuthority };
}

/**
 * Whether the stored password may be used with these settings. Not at another server or for another user: whoever may change
 * settings but doesn't know the password could have it sent to himself.
 */
export function passwordStays(before: MailboxSettings, after: MailboxSettings): boolean {
  if (before.kind !== 'imap' || after.kind !== 'imap') return false;
  const [old, next] = [before.imap, after.imap];
  return old.host === next.host && old.port === next.port && old.user === next.user && (old.tls === next.tls || next.tls === 'implicit') && old.certificateAuthority === next.certificateAuthority;
}

function problem(field: string, reason: string): FieldProblem {
  return { field, reason };
}

function isLine(text: string, charactersMax: number): boolean {
  return text !== '' && text.length <= charactersMax && !/\p{Cc}/u.test(text);
}

function isCertificate(pem: string): boolean {
  if (pem.length > CERTIFICATE_CHARACTERS_MAX) return false;
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}
