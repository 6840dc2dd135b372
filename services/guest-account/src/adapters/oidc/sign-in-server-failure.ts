import { AuthorizationResponseError, ResponseBodyError } from 'openid-client';
import { CauseDown, Failure } from '@inkpost/failure/failure.js';
import { connectionTrouble } from '@inkpost/server-connection/connection-trouble.js';
import { fault } from '@inkpost/server-connection/run-steps.js';
import { shownText } from '@inkpost/server-connection/shown-text.js';
import { SAID_CHARACTERS_MAX } from '../../limits.js';

/** The server, or what it sent, says no. */
class SignInRefused extends CauseDown {
  constructor(message: string) {
    super('sign-on.refused', message);
  }
}

export interface SignInRefusal {
  /** By the person, or by a rule that holds for the person. */
  readonly declined: boolean;
  readonly problem: string;
}

/** Undefined: it is no refusal, the server could not be asked. */
export function refusalOf(error: unknown): SignInRefusal | undefined {
  if (error instanceof AuthorizationResponseError) {
    const said = shownText(error.error_description ?? error.error, SAID_CHARACTERS_MAX);
    return { declined: error.error === 'access_denied', problem: `The sign-in server refuses: ${said}.` };
  }
  return error instanceof SignInRefused ? { declined: false, problem: error.message } : undefined;
}

/** What an error of openid-client means, in a sentence to act on. Neither codes nor tokens become a cause, which is logged. */
export function signInServerFailure(issuer: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const { host } = new URL(issuer);
  const trouble = connectionTrouble(`The sign-in server ${host}`, error);
  if (trouble !== undefined) return fault(trouble);
  if (error instanceof ResponseBodyError && error.status < 500 && error.status !== 429) return new SignInRefused(refusalText(error));
  const status = statusIn(error);
  if (status !== undefined) return fault(status === 404 ? `The sign-in server ${host} describes itself nowhere below ${issuer}: compare issuer with the server's own settings.` : `The sign-in server ${host} is in trouble: it answers with ${status}.`);
  const said = messages(error);
  if (/metadata issuer does not match|"issuer" property does not match/.test(said)) return fault(`The sign-in server ${host} calls itself otherwise than issuer says, letter by letter: compare it with "issuer" in its metadata.`);
  return new SignInRefused(`The answer of the sign-in server ${host} is not taken: ${shownText(said, SAID_CHARACTERS_MAX)}.`);
}

function refusalText({ error, error_description: description = '' }: ResponseBodyError): string {
  if (error === 'invalid_client' || error === 'unauthorized_client') return 'The sign-in server does not take the client: compare clientId, clientSecret and clientAuthentication with how it is registered there.';
  if (error === 'invalid_grant') return 'The sign-in server does not take the code any more: it was used already or took too long, or the redirect URI is another than the one registered.';
  return `The sign-in server refuses: ${shownText(description || error, SAID_CHARACTERS_MAX)} (${shownText(error, SAID_CHARACTERS_MAX)}).`;
}

/** Of an answer that is none of the protocol's. */
function statusIn(error: unknown): number | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each.cause instanceof Response && each.cause.status !== 200) return each.cause.status;
    if (each instanceof ResponseBodyError) return each.status;
  }
  return undefined;
}

/** openid-client's own words, which hold names of fields but no values of tokens. */
function messages(error: unknown): string {
  const said: string[] = [];
  for (let each = error; each instanceof Error && said.length < 3; each = each.cause) said.push(each.message.replace(/\.$/, ''));
  return said.join(': ');
}
