import { createHash } from 'node:crypto';
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { asFailure, CauseDown } from '@inkpost/failure/failure.js';
import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import { FORBIDDEN_ADDRESS, guardedLookup } from '@inkpost/server-connection/guarded-lookup.js';
import { certificateRefused, printerUnreachable } from './failures.js';
import type { PrinterAddress } from './printer-uri.js';

/** What makes a printer's certificate good. Without any of these the system's authorities and the host name decide. */
export interface TlsTrust {
  /** PEM certificates of the authorities to trust instead of the system's. */
  readonly certificateAuthorities?: readonly string[];
  /** SHA-256 of the printer's own certificate (DER), hexadecimal, colons allowed. Then neither name nor authority nor dates count. */
  readonly pinnedCertificateSha256?: string;
  /** Encrypts without knowing to whom. For a trial only: whoever sits between can read and change every document. */
  readonly dangerouslyAcceptAnyCertificate?: boolean;
}

/** Where to connect, and what to trust there. */
export interface PrinterPlace {
  readonly address: PrinterAddress;
  readonly trust: TlsTrust;
  /** Where the printer may be; undefined: anywhere. */
  readonly addressRules: AddressRules | undefined;
}

/**
 * A connected (and with TLS, verified) socket. Not a byte of a request has left before this resolves, so that its failures
 * (`ipp.printer-unreachable`, `ipp.certificate-refused`) mean that nothing was accepted.
 */
export async function connectToPrinter({ address, trust, addressRules }: PrinterPlace, timeoutMs: number): Promise<Socket> {
  const guard = guardOf(address, addressRules);
  return new Promise((resolve, reject) => {
    const socket = address.secure ? openTls(address, trust, guard) : connectTcp({ host: address.host, port: address.port, noDelay: true, ...guard });
    const timer = setTimeout(() => socket.destroy(printerUnreachable(address.printerUri, 'time-out')), timeoutMs);
    const onError = (error: NodeJS.ErrnoException): void => {
      clearTimeout(timer);
      reject(connectFailure(address, socket, error));
    };
    socket.once('error', onError);
    socket.once(address.secure ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      socket.off('error', onError);
      const complaint = pinComplaint(socket, trust);
      if (complaint === undefined) {
        resolve(socket);
        return;
      }
      socket.destroy();
      reject(certificateRefused(address.printerUri, complaint));
    });
  });
}

function guardOf({ host, printerUri }: PrinterAddress, rules: AddressRules | undefined): { readonly lookup?: LookupFunction } {
  try {
    return rules ? guardedLookup(host, rules) : {};
  } catch (error) {
    throw printerUnreachable(printerUri, asFailure(error).message, error);
  }
}

function openTls(address: PrinterAddress, trust: TlsTrust, guard: { readonly lookup?: LookupFunction }): TLSSocket {
  const pinned = trust.pinnedCertificateSha256 !== undefined;
  return connectTls({
    host: address.host,
    port: address.port,
    ...guard,
    // RFC 6066: a server name is never an address.
    servername: isIP(address.host) === 0 ? address.host : '',
    rejectUnauthorized: !pinned && trust.dangerouslyAcceptAnyCertificate !== true,
    ...(trust.certificateAuthorities && { ca: [...trust.certificateAuthorities] }),
  });
}

function pinComplaint(socket: Socket, trust: TlsTrust): string | undefined {
  if (trust.pinnedCertificateSha256 === undefined || !(socket instanceof TLSSocket)) return undefined;
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) return 'it shows no certificate';
  const sha256 = createHash('sha256').update(certificate.raw).digest('hex');
  const pinned = trust.pinnedCertificateSha256.replaceAll(/[:\s]/g, '').toLowerCase();
  return sha256 === pinned ? undefined : `its certificate has the SHA-256 ${sha256}, not the pinned one`;
}

function connectFailure(address: PrinterAddress, socket: Socket, error: NodeJS.ErrnoException): Error {
  // Node notes why a certificate was refused before it ends the connection with that error.
  if (socket instanceof TLSSocket && socket.authorizationError) return certificateRefused(address.printerUri, error.code ?? error.message);
  if (error instanceof CauseDown) return error;
  return printerUnreachable(address.printerUri, error.code === FORBIDDEN_ADDRESS ? error.message : (error.code ?? error.message), error);
}
