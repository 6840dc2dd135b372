import { z } from 'zod';
import type { SqlSettings as WireSql } from '@inkpost/contracts/admin/v1/directories_pb.js';
import { pem } from '../answer-route/fields.js';
import { DIRECTORIES, TEXT } from '../limits.js';
import { cacheTimes, host, shownTimes } from './server-fields.js';

const column = z.string().max(TEXT.column);

export const sql = z.strictObject({
  engine: z.enum(['postgres', 'mysql']).describe('mysql: MariaDB too.'),
  host,
  port: z.int().min(1).max(65_535).describe('Usually 5432 for postgres, 3306 for mysql.'),
  tls: z.enum(['required', 'none']).default('required').describe('none: only by explicit choice.'),
  certificateAuthority: pem,
  database: z.string().min(1).max(TEXT.databaseName),
  user: z.string().min(1).max(TEXT.databaseName).describe('The account that reads. Give it SELECT on what the query names, and nothing else.'),
  password: z.string().max(TEXT.password).optional().describe('Never shown again; without it the stored one stays, for the same server and account.'),
  addressQuery: z.string().min(1).max(TEXT.query).describe('One SELECT with :address in it, which is an address in lower case. Several rows of one identity are one person with several addresses and groups. Runs in a read-only transaction.'),
  loginQuery: z.string().max(TEXT.query).default('').describe('The same columns, with :login in it; empty: nobody is found by a login.'),
  identityColumn: column.min(1).describe('Column of the result that stays when a person is renamed, such as the badge\'s number.'),
  loginColumn: column.min(1),
  nameColumn: column.default('').describe('Empty: the login.'),
  addressColumns: z.array(column.min(1)).min(1).max(DIRECTORIES.mailAttributesMax).default(['mail']).describe('The first address of the first one is where mails go. Whoever is found has the address in one of them.'),
  languageColumn: column.default('').describe('Empty: none.'),
  groupColumn: column.default('').describe('One group for each row, or several with | or ; between. Empty: none.'),
  lockedColumn: column.default('').describe('True, or a number other than 0, or a text other than f, false, n, no, non: may not print. Empty: nobody is locked.'),
  ...cacheTimes,
}).meta({ id: 'SqlSettings', description: 'How people are found in a database, such as a badge base.' });

export const sqlState = z.object({
  engine: z.string(), host: z.string(), port: z.int(), tls: z.string(), certificateAuthority: z.string(), database: z.string(), user: z.string(), addressQuery: z.string(), loginQuery: z.string(), identityColumn: z.string(),
  loginColumn: z.string(), nameColumn: z.string(), addressColumns: z.array(z.string()), languageColumn: z.string(), groupColumn: z.string(), lockedColumn: z.string(), ...shownTimes,
}).meta({ id: 'DirectorySql', description: 'Without the password, which is never shown.' });

export function toSql({ $typeName: _name, $unknown: _unknown, password: _password, ...fields }: WireSql): z.input<typeof sqlState> {
  return fields;
}
