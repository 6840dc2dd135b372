import { certificateReason } from './certificate-reason.js';
import { FORBIDDEN_ADDRESS } from './guarded-lookup.js';

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is unknown here',
  EAI_AGAIN: 'its name can\'t be looked up now',
  ECONNREFUSED: 'it refuses connections',
  ECONNRESET: 'it ended the connection',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  ETIMEDOUT: 'it does not answer in time',
  ABORT_ERR: 'it does not answer in time',
};
const CERTIFICATE_CODES = /^(?:CERT_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/;
const CAUSES_MAX = 5;

/**
 * Why nothing came back from a server, in a sentence: an error of node's sockets, or one that it caused. `place`: the server in a sentence,
 * `The sign-in server login.example.org`. Undefined: it is no such error.
 */
export function connectionTrouble(place: string, error: unknown): string | undefined {
  for (const cause of causesOf(error)) {
    const code = codeOf(cause);
    if (code === FORBIDDEN_ADDRESS) return cause.message;
    if (CERTIFICATE_CODES.test(code)) return `${place} can't be trusted: ${certificateReason(cause)}.`.replace(/([?.])\.$/, '$1');
    const reason = REASONS[code] ?? (/^(?:ERR_SSL|EPROTO|ERR_TLS)/.test(code) ? 'there is no TLS with it' : undefined);
    if (reason !== undefined) return `${place} can't be reached: ${reason}.`;
  }
  return undefined;
}

function causesOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let each = error; each instanceof Error && chain.length < CAUSES_MAX; each = each.cause) chain.push(each);
  return chain;
}

function codeOf(error: Error): string {
  if (error.name === 'TimeoutError') return 'ETIMEDOUT';
  if (!('code' in error)) return '';
  // Several addresses of a name were tried: the first one's fate says it.
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  return (first instanceof Error ? codeOf(first) : '') || String(error.code);
}
