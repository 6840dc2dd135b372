import { DatabaseError } from 'pg';
import { Failure } from '@inkpost/failure/failure.js';
import { fault } from '@inkpost/server-connection/run-steps.js';
import { shownText } from '@inkpost/server-connection/shown-text.js';
import { SAID_CHARACTERS_MAX } from '../../limits.js';

const REFUSED = 'The server refuses the account that reads: user or password is wrong, or it may not sign in from this machine.';
const NO_DATABASE = 'The server knows no such database, or the account that reads may not use it.';
const NO_TABLE = 'The query names a table that is not there, or not for the account that reads';
const NO_COLUMN = 'The query names a column that is not there';
const NOT_ALLOWED = 'The account that reads may not read what the query names: grant it SELECT there';
const NO_SENSE = 'The server does not understand the query';
const TOO_LONG = 'The server gave up the query, it took too long: is what it looks for indexed there?';
const WRITES = 'The query would write, which is not let through: it must only read.';
const TOO_MANY = 'The server takes no more connections now.';

/** SQLSTATE (PostgreSQL, "Error Codes"). A sentence without its dot is followed by what the server said. */
const POSTGRES: Readonly<Record<string, string>> = {
  '28P01': REFUSED, '28000': REFUSED, '3D000': NO_DATABASE, '42P01': NO_TABLE, '3F000': NO_TABLE, '42703': NO_COLUMN, '42501': NOT_ALLOWED, '42601': NO_SENSE, '42883': NO_SENSE, '42P18': NO_SENSE, '0A000': NO_SENSE,
  '57014': TOO_LONG, '25006': WRITES, '53300': TOO_MANY, '57P03': 'The server says that it is starting up or shutting down.',
};

/** Codes of mysql2: names of the servers' errors, or their numbers, and its own. */
const MYSQL: Readonly<Record<string, string>> = {
  ER_ACCESS_DENIED_ERROR: REFUSED, ER_HOST_NOT_PRIVILEGED: REFUSED, ER_ACCESS_DENIED_NO_PASSWORD_ERROR: REFUSED, ER_BAD_DB_ERROR: NO_DATABASE, ER_DBACCESS_DENIED_ERROR: NO_DATABASE,
  ER_NO_SUCH_TABLE: NO_TABLE, ER_BAD_FIELD_ERROR: NO_COLUMN, ER_TABLEACCESS_DENIED_ERROR: NOT_ALLOWED, ER_COLUMNACCESS_DENIED_ERROR: NOT_ALLOWED, ER_PARSE_ERROR: NO_SENSE, ER_SP_DOES_NOT_EXIST: NO_SENSE,
  ER_STATEMENT_TIMEOUT: TOO_LONG, ER_QUERY_TIMEOUT: TOO_LONG, ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION: WRITES, ER_CON_COUNT_ERROR: TOO_MANY, ER_TOO_MANY_USER_CONNECTIONS: TOO_MANY,
  // MariaDB's own; it has no name in mysql2.
  1969: TOO_LONG,
  HANDSHAKE_NO_SSL_SUPPORT: 'The server grants no TLS: give it a certificate there (ssl_cert, ssl_key), or choose tls none.',
  HANDSHAKE_SSL_ERROR: 'The server\'s certificate is refused, or there is no TLS with it',
  ER_SECURE_TRANSPORT_REQUIRED: 'The server demands TLS: choose tls required.',
};

/** What ends a session: an administrator, a restart, a limit of idleness. */
const POSTGRES_ENDED = new Set(['57P01', '57P02', '57P05', '25P03']);

/** Why a database can't be asked, in words to act on: each of them is waited for, since none is the sender's fault. */
export function sqlFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const { message } = error instanceof Error ? error : { message: '' };
  const code = codeOf(error);
  // The server's own words name tables and columns, and never values of the query's parameter.
  const said = shownText(message, SAID_CHARACTERS_MAX).replace(/\.$/, '');
  if (isAnswer(error)) {
    const known = (error instanceof DatabaseError ? POSTGRES : MYSQL)[code];
    if (known === undefined) return fault(`The server refuses the query (${code}: ${said}).`, error);
    return fault(/[.?]$/.test(known) ? known : `${known} (${said}).`, error);
  }
  // Over an unsafe connection: the client has no other way to say so.
  if (/password must be a string|SASL/.test(message)) return fault(REFUSED, error);
  return fault('The server ended the connection.', error);
}

/** The connection was lost, not an answer given: another one may do. */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof Failure) return false;
  return !isAnswer(error) || (error instanceof DatabaseError && POSTGRES_ENDED.has(codeOf(error)));
}

function isAnswer(error: unknown): boolean {
  return error instanceof DatabaseError || (error instanceof Error && 'sqlState' in error) || codeOf(error) in MYSQL;
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  return error.code === undefined && 'errno' in error ? String(error.errno) : String(error.code);
}
