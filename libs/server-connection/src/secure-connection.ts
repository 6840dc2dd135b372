import type { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { isIP, type Socket } from 'node:net';
import { connect, getCACertificates, type TLSSocket } from 'node:tls';
import { Failure } from '@inkpost/failure/failure.js';
import { certificateFaults, describeCertificate, TIME_CODES, validUntil } from './certificate-faults.js';
import { CERTIFICATE_WARNED_BEFORE_DAYS } from './limits.js';
import { fault } from './run-steps.js';

export interface TlsWish {
  /** The name that the certificate must be for. */
  readonly host: string;
  /** PEM of an authority to trust besides the system's; empty: none. */
  readonly certificateAuthority: string;
  /** SHA-256 of the one certificate that is trusted, as Node writes it (`AB:CD:…`), whatever its names, dates and authorities; empty or left out: those decide. */
  readonly certificateSha256?: string;
  /**
   * PEM of the only authority that is trusted, whatever names its certificates are for: that of one server alone, which renews its certificate
   * by it. Empty or left out: none.
   */
  readonly pinnedAuthority?: string;
}

/** Goes on in TLS, with a server whose certificate is trusted. Throws a `Failure`; then the socket is closed. */
export async function secureConnection(socket: Socket, wish: TlsWish, signal: AbortSignal): Promise<TLSSocket> {
  const { certificateSha256 = '' } = wish;
  const secured = connect({ ...options(socket, wish), rejectUnauthorized: certificateSha256 === '' });
  secured.on('error', () => undefined);
  try {
    await once(secured, 'secureConnect', { signal });
    if (certificateSha256 !== '') ensurePinned(secured.getPeerX509Certificate(), wish);
    return secured;
  } catch (error) {
    secured.destroy();
    socket.destroy();
    signal.throwIfAborted();
    if (error instanceof Failure) throw error;
    const { code = '' } = error as NodeJS.ErrnoException;
    if (wish.pinnedAuthority && /CERT|SIGNATURE|ISSUER/.test(code)) throw fault(`${wish.host} shows a certificate that is not good by the pinned authority (${code}): if that server was set up anew, pin what it exports now; else somebody is in between.`, error);
    throw /CERT|SIGNATURE|ISSUER|ALTNAME/.test(code) ? fault(`The certificate of ${wish.host} is refused (${code}).`, error) : handshakeFault(error);
  }
}

/** Goes on in TLS to look at the certificate, whatever it is, and ends the connection. Gives what to say of it. Throws a `Failure` that says all that is wrong. */
export async function examineCertificate(socket: Socket, wish: TlsWish, signal: AbortSignal): Promise<string> {
  // Nothing is sent over it.
  const secured = connect({ ...options(socket, wish), rejectUnauthorized: false });
  // What comes after the handshake is nobody's business any more.
  secured.on('error', () => undefined);
  try {
    await once(secured, 'secureConnect', { signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw handshakeFault(error);
    });
    const { certificateSha256 = '' } = wish;
    return certificateSha256 === '' ? judge(secured, wish, new Date()) : `${secured.getProtocol()}, the pinned certificate of ${describeCertificate(ensurePinned(secured.getPeerX509Certificate(), wish))}.`;
  } finally {
    secured.destroy();
    socket.destroy();
  }
}

/** Read once: it takes longer than a handshake. */
let systemAuthorities: string[] | undefined;

function options(socket: Socket, { host, certificateAuthority, pinnedAuthority = '' }: TlsWish) {
  const named = { socket, host, ...(isIP(host) === 0 ? { servername: host } : {}) };
  if (pinnedAuthority !== '') return { ...named, ca: [pinnedAuthority], checkServerIdentity: () => undefined };
  return { ...named, ...(certificateAuthority === '' ? {} : { ca: [...(systemAuthorities ??= getCACertificates('default')), certificateAuthority] }) };
}

function ensurePinned(leaf: X509Certificate | undefined, { host, certificateSha256 }: TlsWish): X509Certificate {
  if (leaf && leaf.fingerprint256 === certificateSha256) return leaf;
  throw fault(`${host} shows another certificate than the pinned one: its SHA-256 is ${leaf?.fingerprint256 ?? 'missing'}. If it was renewed there, pin the new one; else somebody is in between.`);
}

function judge(secured: TLSSocket, { host, pinnedAuthority = '' }: TlsWish, now: Date): string {
  const leaf = secured.getPeerX509Certificate();
  if (!leaf) throw fault('The server shows no certificate.');
  // Node's type says Error; at run time it is OpenSSL's code.
  const verifyCode = secured.authorized ? undefined : String(secured.authorizationError);
  if (pinnedAuthority !== '' && verifyCode !== undefined && !TIME_CODES.has(verifyCode)) throw fault(`${host} shows a certificate that is not of the pinned authority (${verifyCode}): pin what that server exports now; else somebody is in between.`);
  const faults = certificateFaults({ leaf, verifyCode: verifyCode === 'ERR_TLS_CERT_ALTNAME_INVALID' ? undefined : verifyCode }, pinnedAuthority === '' ? host : undefined, now);
  if (faults.length > 0) throw fault(`The certificate of ${host} is refused. ${faults.join(' ')}`);
  const soon = validUntil(leaf).getTime() - now.getTime() < CERTIFICATE_WARNED_BEFORE_DAYS * 86_400_000 ? '. It expires soon: it must be renewed on the server' : '';
  return `${secured.getProtocol()}, certificate of ${describeCertificate(leaf)}${soon}.`;
}

function handshakeFault(error: unknown): Failure {
  const { code = '', message } = error instanceof Error ? (error as NodeJS.ErrnoException) : { message: '' };
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/.test(`${code} ${message}`)) return fault('What answers there does not speak TLS from the first byte on: choose starttls, or the port for implicit TLS.', error);
  if (/UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|VERSION_TOO_LOW/.test(`${code} ${message}`)) return fault('The server offers only TLS older than 1.2, which is no longer safe: it must offer TLS 1.2 or 1.3.', error);
  if (/NO_SHARED_CIPHER|HANDSHAKE_FAILURE|NO_CIPHERS|INSUFFICIENT_SECURITY/.test(`${code} ${message}`)) return fault('Server and Inkpost have no cipher in common: it must offer those of today.', error);
  if (/TOO_SMALL|TOO_WEAK/.test(`${code} ${message}`)) return fault('Key or signature of the server\'s certificate is too weak: it must be replaced there.', error);
  return fault('The server ended the connection during the TLS handshake: are port and the choice of TLS right, and does it allow this machine?', error);
}
