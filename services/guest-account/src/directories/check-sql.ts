import { isIP } from 'node:net';
import type { SqlSettings as WireSql } from '@inkpost/contracts/admin/v1/directories_pb.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { checkLine } from '../check-line.js';
import { COLUMN_LENGTH_MAX, COLUMNS_OF_ADDRESSES_MAX, DATABASE_NAME_LENGTH_MAX, QUERY_LENGTH_MAX } from '../limits.js';
import { checkAuthority, checkHost, checkPort, checkTimes } from './check-server.js';
import { bindQuery, isQueryProblem } from './named-query.js';
import { SQL_ENGINES, SQL_TLS_CHOICES, type SqlEngine, type SqlSettings } from './sql-settings.js';

/** Wire -> domain. Throws invalid-argument that names the field. */
export function checkSql(wire: WireSql): SqlSettings {
  const engine = SQL_ENGINES.find((choice) => choice === wire.engine);
  if (!engine) throw invalidField('sql.engine', `must be one of ${SQL_ENGINES.join(', ')}; mysql is for MariaDB too`);
  const tls = SQL_TLS_CHOICES.find((choice) => choice === wire.tls);
  if (!tls) throw invalidField('sql.tls', `must be one of ${SQL_TLS_CHOICES.join(', ')}`);
  const host = checkHost('sql.host', wire.host, 'the database server, without port');
  if (engine === 'mysql' && tls === 'required' && isIP(host) !== 0) throw invalidField('sql.host', 'must be a name where TLS is required: the server\'s certificate is checked for it');
  if (wire.addressColumns.length === 0 || wire.addressColumns.length > COLUMNS_OF_ADDRESSES_MAX) throw invalidField('sql.addressColumns', `must be 1 to ${COLUMNS_OF_ADDRESSES_MAX} columns of the result`);
  return {
    engine, host, port: checkPort('sql.port', wire.port, '5432 for postgres, 3306 for mysql'), tls, certificateAuthority: checkAuthority('sql.certificateAuthority', wire.certificateAuthority),
    database: checkRequired('sql.database', wire.database, DATABASE_NAME_LENGTH_MAX),
    user: checkRequired('sql.user', wire.user, DATABASE_NAME_LENGTH_MAX),
    addressQuery: checkQuery('sql.addressQuery', wire.addressQuery, 'address', engine),
    loginQuery: wire.loginQuery.trim() === '' ? '' : checkQuery('sql.loginQuery', wire.loginQuery, 'login', engine),
    identityColumn: checkRequired('sql.identityColumn', wire.identityColumn, COLUMN_LENGTH_MAX),
    loginColumn: checkRequired('sql.loginColumn', wire.loginColumn, COLUMN_LENGTH_MAX),
    addressColumns: wire.addressColumns.map((name) => checkRequired('sql.addressColumns', name, COLUMN_LENGTH_MAX)),
    nameColumn: checkLine('sql.nameColumn', wire.nameColumn, COLUMN_LENGTH_MAX),
    languageColumn: checkLine('sql.languageColumn', wire.languageColumn, COLUMN_LENGTH_MAX),
    groupColumn: checkLine('sql.groupColumn', wire.groupColumn, COLUMN_LENGTH_MAX),
    lockedColumn: checkLine('sql.lockedColumn', wire.lockedColumn, COLUMN_LENGTH_MAX),
    ...checkTimes('sql', wire),
  };
}

function checkRequired(field: string, text: string, lengthMax: number): string {
  const line = checkLine(field, text, lengthMax);
  if (line === '') throw invalidField(field, 'is missing');
  return line;
}

function checkQuery(field: string, text: string, name: string, engine: SqlEngine): string {
  const query = text.trim();
  if (query.length > QUERY_LENGTH_MAX || query.includes('\u0000')) throw invalidField(field, `must be at most ${QUERY_LENGTH_MAX} characters of text`);
  const bound = bindQuery(query, name, engine);
  if (isQueryProblem(bound)) throw invalidField(field, bound.reason);
  return query;
}
