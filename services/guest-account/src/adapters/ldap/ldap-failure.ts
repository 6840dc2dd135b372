import { BusyError, InappropriateAuthError, InsufficientAccessError, InvalidCredentialsError, InvalidDNSyntaxError, NoSuchObjectError, ResultCodeError, SizeLimitExceededError, StrongAuthRequiredError, ConfidentialityRequiredError, TimeLimitExceededError, UnavailableError } from 'ldapts';
import { Failure } from '@inkpost/failure/failure.js';
import { fault } from '@inkpost/server-connection/run-steps.js';

/** Result code of RFC 4511, 4.1.9: the answer is elsewhere. */
const REFERRAL = 10;

const REASONS: readonly (readonly [kind: abstract new (...args: never[]) => ResultCodeError, reason: string])[] = [
  [InvalidCredentialsError, 'The server refuses the account that searches: bindDn or password is wrong, or the account is locked or has expired.'],
  [InappropriateAuthError, 'The account that searches can\'t sign in with a password: choose another bindDn.'],
  [InvalidDNSyntaxError, 'bindDn or baseDn is not written as a name of an entry: cn=inkpost,dc=example,dc=org.'],
  [NoSuchObjectError, 'The server knows no baseDn like this, or the account that searches may not read there.'],
  [InsufficientAccessError, 'The account that searches may not read there: grant it to read below baseDn.'],
  [StrongAuthRequiredError, 'The server demands TLS: choose implicit or starttls.'],
  [ConfidentialityRequiredError, 'The server demands TLS: choose implicit or starttls.'],
  [SizeLimitExceededError, 'The server gives fewer entries than were asked for: its limit for the account that searches is too small.'],
  [TimeLimitExceededError, 'The server gave up the search, it took too long: are the attributes that are searched indexed there?'],
  [BusyError, 'The server says that it is busy.'],
  [UnavailableError, 'The server says that it is out of service.'],
];

/** Why a directory can't be asked, in words to act on: each of them is waited for, since none is the sender's fault. */
export function ldapFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof ResultCodeError) {
    const known = REASONS.find(([kind]) => error instanceof kind);
    if (known) return fault(known[1], error);
    if (error.code === REFERRAL) return fault('The server refers to another one, which is never followed: name the server that holds baseDn.', error);
    return fault(`The server refuses the question (LDAP result ${error.code}).`, error);
  }
  const { message } = error instanceof Error ? error : { message: '' };
  if (message.includes('Operation timed out')) return fault('The server takes connections and does not answer in time.', error);
  return fault('The server ended the connection.', error);
}

/** The connection was lost, not an answer given: another one may do. */
export function isConnectionLost(error: unknown): boolean {
  return !(error instanceof Failure) && !(error instanceof ResultCodeError) && !(error instanceof Error && error.message.includes('Operation timed out'));
}
