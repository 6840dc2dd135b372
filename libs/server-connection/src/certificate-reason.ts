import { X509Certificate } from 'node:crypto';
import { certificateFaults } from './certificate-faults.js';

/** Node's error for a certificate that is for another host. */
interface WrongHostError extends Error {
  readonly host: string;
  readonly cert: { readonly raw: Buffer };
}

/** Why a certificate isn't trusted: the rest of a sentence about it, in the words of a test; else OpenSSL's. */
export function certificateReason(error: Error): string {
  if (!isWrongHost(error)) return error.message;
  const said = certificateFaults({ leaf: new X509Certificate(error.cert.raw), verifyCode: undefined }, error.host, new Date()).join(' ');
  return said === '' ? error.message : `${said.charAt(0).toLowerCase()}${said.slice(1)}`.replace(/\.$/, '');
}

function isWrongHost(error: Error): error is WrongHostError {
  return 'code' in error && error.code === 'ERR_TLS_CERT_ALTNAME_INVALID' && 'cert' in error && 'host' in error;
}
