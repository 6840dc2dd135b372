import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { parseDomain } from '@inkpost/mail-address/mail-address.js';
import { CERTIFICATE_CHARACTERS_MAX, FOLDER_CHARACTERS_MAX, USER_CHARACTERS_MAX } from '../limits.js';
import { type Checked, isLine, problem } from './field-problem.js';
import { type MailboxKind, type MailServer, type SourceProtocol, TLS_CHOICES } from './mailbox.js';

export interface GivenServer {
  readonly protocol: SourceProtocol;
  readonly host: string;
  readonly port: number;
  readonly tls: string;
  /** Empty: the address. */
  readonly user: string;
  /** Empty: INBOX. */
  readonly folder: string;
  readonly certificateAuthority: string;
}

const USUAL_PORTS: Readonly<Record<SourceProtocol, string>> = { imap: 'usually 993, without implicit TLS 143', pop3: 'usually 995, without implicit TLS 110', graph: 'usually 443' };

/** `kind`: under which the fields stand. */
export function checkServer(kind: MailboxKind, given: GivenServer, address: string): Checked<MailServer> {
  const { protocol, port } = given;
  const host = isIP(given.host) === 0 ? parseDomain(given.host.trim()) : given.host;
  if (host === undefined) return problem(`${kind}.host`, 'must be the name or IP address of the mail server, without a port');
  if (port < 1 || port > 65_535) return problem(`${kind}.port`, `must be a number from 1 to 65535; ${USUAL_PORTS[protocol]}`);
  const tls = TLS_CHOICES.find((name) => name === given.tls);
  if (!tls) return problem(`${kind}.tls`, `must be one of ${TLS_CHOICES.join(', ')}`);
  const user = given.user === '' ? address : given.user;
  if (!isLine(user, USER_CHARACTERS_MAX)) return problem(`${kind}.user`, `must have at most ${USER_CHARACTERS_MAX} characters without line breaks`);
  // Written in any case, it is the same folder (RFC 9051, 5.1).
  const folder = given.folder === '' || given.folder.toUpperCase() === 'INBOX' ? 'INBOX' : given.folder;
  if (protocol === 'pop3' && folder !== 'INBOX') return problem(`${kind}.folder`, 'must be left out: POP3 shows the inbox alone');
  if (!isLine(folder, FOLDER_CHARACTERS_MAX)) return problem(`${kind}.folder`, `must have at most ${FOLDER_CHARACTERS_MAX} characters without line breaks`);
  const certificateAuthority = given.certificateAuthority.trim();
  if (certificateAuthority !== '' && !isCertificate(certificateAuthority)) return problem(`${kind}.certificateAuthority`, 'must be a certificate in PEM form, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----');
  return { protocol, host, port, tls, user, folder, certificateAuthority };
}

function isCertificate(pem: string): boolean {
  if (pem.length > CERTIFICATE_CHARACTERS_MAX) return false;
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}
