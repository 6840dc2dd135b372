import { AuthorizationResponseError, ResponseBodyError } from 'openid-client';
import { CauseDown, Failure } from '@inkpost/failure/failure.js';
import { AUTHORITY_REFUSED, AUTHORITY_UNREACHABLE, type AuthorityName } from '../../ports/authority.port.js';
import { certificateReason } from '@inkpost/server-connection/certificate-reason.js';
import { readRefusal, type Refusal, refusalFailure } from './authority-refusal.js';

const NETWORK_TEXTS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is unknown',
  EAI_AGAIN: 'its name can\'t be looked up now',
  ECONNREFUSED: 'it refuses connections',
  ECONNRESET: 'it ended the connection',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  ETIMEDOUT: 'it does not answer',
  ABORT_ERR: 'it does not answer',
};
const CERTIFICATE_CODES = /^(?:CERT_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/;

/** What an error of openid-client means, in a sentence an administrator can act on. `host`: the authority that was asked. */
export async function authorityFailure(authority: AuthorityName, host: string, error: unknown): Promise<Failure> {
  if (error instanceof Failure) return error;
  const refusal = await refusalIn(error);
  // Bodies and addresses that an authority answers with may hold codes and tokens: none becomes a cause, which is logged.
  if (refusal && !isItsOwnTrouble(error, refusal)) return refusalFailure(authority, refusal);
  const options = { fields: { authority, host } };
  const chain = causes(error);
  const code = chain.map((each) => ('code' in each ? String(each.code) : '')).find((each) => each in NETWORK_TEXTS || CERTIFICATE_CODES.test(each)) ?? '';
  const innermost = chain.at(-1);
  if (innermost && CERTIFICATE_CODES.test(code)) return new CauseDown(AUTHORITY_UNREACHABLE, `The certificate of ${host} is not trusted: ${certificateReason(innermost)}.`.replace(/\?\.$/, '?'), options);
  const network = NETWORK_TEXTS[code];
  if (network) return new CauseDown(AUTHORITY_UNREACHABLE, `${host}, which grants access to the mailbox, can't be reached: ${network}.`, options);
  const status = statusIn(chain);
  if (status !== undefined && (status >= 500 || status === 429)) return new CauseDown(AUTHORITY_UNREACHABLE, `${host}, which grants access to the mailbox, is in trouble: it answers with ${status}.`, options);
  const said = chain.map(({ message }) => message).join(': ');
  return new CauseDown(AUTHORITY_REFUSED, `The answer of ${host}, which grants access to the mailbox, is not understood: ${said}.`, options);
}

async function refusalIn(error: unknown): Promise<Refusal | undefined> {
  if (error instanceof ResponseBodyError) return readRefusal(error.cause);
  if (error instanceof AuthorizationResponseError) return readRefusal({ error: error.error, error_description: error.error_description });
  // Discovery, refused: openid-client doesn't read why.
  const response = responseIn(causes(error));
  if (!response || response.bodyUsed) return undefined;
  try {
    return readRefusal(await response.json());
  } catch {
    return undefined;
  }
}

function isItsOwnTrouble(error: unknown, { error: name }: Refusal): boolean {
  const status = error instanceof ResponseBodyError ? error.status : (responseIn(causes(error))?.status ?? 0);
  return status >= 500 || status === 429 || name === 'temporarily_unavailable' || name === 'server_error';
}

function causes(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let each = error; each instanceof Error && chain.length < 5; each = each.cause) chain.push(each);
  return chain;
}

function responseIn(chain: readonly Error[]): Response | undefined {
  return chain.map(({ cause }) => cause).find((cause) => cause instanceof Response);
}

function statusIn(chain: readonly Error[]): number | undefined {
  const [first] = chain;
  return first instanceof ResponseBodyError ? first.status : responseIn(chain)?.status;
}
