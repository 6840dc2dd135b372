import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import type { BoundQuery } from '../../directories/named-query.js';
import type { SqlSettings } from '../../directories/sql-settings.js';
import type { DirectoryPerson, Found, PeopleDirectory, WayToDirectory } from '../../ports/directory.port.js';
import { spellings } from '../address-texts.js';
import { KeptConnections } from '../kept-connections.js';
import { onlyOne } from '../only-one.js';
import { boundQuery } from './bound-query.js';
import { openMysql } from './mysql-connection.js';
import { openPostgres } from './postgres-connection.js';
import type { OpenSql, SqlConnection } from './sql-connection.js';
import { isConnectionLost, sqlFailure } from './sql-failure.js';
import { type GroupedPerson, toPeople } from './sql-person.js';
import { SqlWay } from './sql-way.js';

export interface SqlDirectoryParts {
  readonly directoryId: string;
  readonly settings: SqlSettings;
  /** Of the account that reads. Throws a `Failure` where it can't be opened: then this directory alone is down. */
  readonly password: () => string;
  readonly rules: AddressRules;
}

/** People in a table of a database, such as a badge base; read by a query of the administrator's, and never written. */
export class SqlDirectory implements PeopleDirectory {
  readonly noPasswords = 'A directory in a database has no passwords: people of it sign in by single sign-on.';
  private readonly connections: KeptConnections<SqlConnection>;
  private readonly open: OpenSql;

  constructor(private readonly parts: SqlDirectoryParts) {
    const { settings, password, rules } = parts;
    this.open = settings.engine === 'postgres' ? openPostgres(rules) : openMysql(rules);
    this.connections = new KeptConnections({
      open: () => this.open(settings, password()), isOpen: ({ isOpen }) => isOpen, close: (connection) => connection.close(), isLost: isConnectionLost, waitMaxMs: settings.timeoutMs,
    });
  }

  async findByAddress(address: string): Promise<Found> {
    return onlyOne((await this.holders(address)).map(({ person, groups }) => ({ ...person, groups })));
  }

  async findByLogin(login: string): Promise<Found> {
    const { loginQuery } = this.parts.settings;
    if (login === '' || loginQuery === '') return { kind: 'nobody' };
    const people = await this.ask(boundQuery(loginQuery, 'login', this.parts.settings), login);
    return onlyOne(people.map(({ person }) => person).filter((person) => person.login.toLowerCase() === login.toLowerCase()));
  }

  /** They come with the rows of an address. */
  async groupsOf({ accountId, addresses: [address] }: DirectoryPerson): Promise<readonly string[]> {
    if (address === undefined || this.parts.settings.groupColumn === '') return [];
    return (await this.holders(address)).find(({ person }) => person.accountId === accountId)?.groups ?? [];
  }

  async checkCredentials(): Promise<boolean> {
    return false;
  }

  testWay(): WayToDirectory {
    return new SqlWay(this.parts, this.open);
  }

  close(): void {
    this.connections.close();
  }

  /** Whoever is found has the very address, whatever the query lets in. */
  private async holders(address: string): Promise<GroupedPerson[]> {
    const query = boundQuery(this.parts.settings.addressQuery, 'address', this.parts.settings);
    for (const spelling of spellings(address)) {
      const holders = (await this.ask(query, spelling)).filter(({ person }) => person.addresses.includes(address));
      if (holders.length > 0) return holders;
    }
    return [];
  }

  private async ask(query: BoundQuery, value: string): Promise<GroupedPerson[]> {
    const { settings, directoryId } = this.parts;
    try {
      return toPeople(await this.connections.use((connection) => connection.ask(query, value)), settings, directoryId);
    } catch (error) {
      throw sqlFailure(error);
    }
  }
}
