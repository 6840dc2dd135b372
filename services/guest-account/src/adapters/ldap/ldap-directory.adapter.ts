import type { Client, Entry } from 'ldapts';
import { BusyError, ResultCodeError, UnavailableError } from 'ldapts';
import { fault } from '@inkpost/server-connection/run-steps.js';
import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import type { LdapSettings } from '../../directories/ldap-settings.js';
import { GROUPS_OF_PERSON_MAX, LDAP_PAGE_SIZE, MATCHES_MAX } from '../../limits.js';
import type { DirectoryPerson, Found, PeopleDirectory, WayToDirectory } from '../../ports/directory.port.js';
import { onlyOne } from '../only-one.js';
import { closeLdap, connectLdap } from './ldap-connection.js';
import { ldapFailure } from './ldap-failure.js';
import { equality, filterByAddress } from './ldap-filter.js';
import { attributesOf, firstName, groupsNamedIn, tidyGroups, toPerson, valuesOf } from './ldap-person.js';
import { LdapPool } from './ldap-pool.js';
import { LdapWay } from './ldap-way.js';

export interface LdapDirectoryParts {
  readonly directoryId: string;
  readonly settings: LdapSettings;
  /** Of the account that searches. Throws a `Failure` where it can't be opened: then this directory alone is down. */
  readonly password: () => string;
  readonly rules: AddressRules;
}

/** People of an LDAP directory (RFC 4511). Referrals are never followed. */
export class LdapDirectory implements PeopleDirectory {
  private readonly pool: LdapPool;

  constructor(private readonly parts: LdapDirectoryParts) {
    this.pool = new LdapPool({ ...parts.settings, password: parts.password }, parts.rules);
  }

  async findByAddress(address: string): Promise<Found> {
    const people = await this.search(filterByAddress(this.parts.settings, address));
    // A filter of one's own, or a server that takes spaces for nothing, may find more: whoever is found has the very address.
    const holders = people.filter(({ addresses }) => addresses.includes(address));
    if (holders.length === 0 && people.length >= MATCHES_MAX) throw fault('addressFilter finds many people for one address, and none of the first has it: correct it.');
    return onlyOne(holders);
  }

  async findByLogin(login: string): Promise<Found> {
    const { peopleFilter, loginAttribute } = this.parts.settings;
    return login === '' ? { kind: 'nobody' } : onlyOne(await this.search(`(&${peopleFilter}${equality(loginAttribute, login)})`));
  }

  async groupsOf({ reference }: DirectoryPerson): Promise<readonly string[]> {
    const { groupAttribute } = this.parts.settings;
    return this.pool.use((client) => (groupAttribute === '' ? this.groupsWithMember(client, reference) : this.groupsNamedBy(client, reference, groupAttribute)));
  }

  async checkCredentials(login: string, password: string): Promise<boolean> {
    // A server takes a name without a password for nobody at all, and says that all is well (RFC 4513, 5.1.2).
    if (password === '') return false;
    const found = await this.findByLogin(login);
    if (found.kind !== 'found') return false;
    const client = await connectLdap(this.parts.settings, this.parts.rules);
    try {
      await client.bind(found.person.reference, password);
      return true;
    } catch (error) {
      // Wrong, locked, expired, without a password, disabled: servers say it in many ways, and it is always this account's own affair.
      if (error instanceof ResultCodeError && !(error instanceof BusyError || error instanceof UnavailableError)) return false;
      throw ldapFailure(error);
    } finally {
      await closeLdap(client);
    }
  }

  testWay(): WayToDirectory {
    return new LdapWay(this.parts);
  }

  close(): void {
    this.pool.close();
  }

  private async search(filter: string): Promise<DirectoryPerson[]> {
    const { settings, directoryId } = this.parts;
    const identities = settings.identityAttribute === '' ? [] : [settings.identityAttribute];
    const entries = await this.pool.use(async (client) => {
      const { searchEntries } = await client.search(settings.baseDn, {
        filter, attributes: attributesOf(settings), explicitBufferAttributes: identities, sizeLimit: MATCHES_MAX, timeLimit: Math.ceil(settings.timeoutMs / 1_000),
      });
      return searchEntries;
    });
    return entries.map((entry) => toPerson(entry, settings, directoryId));
  }

  private async groupsNamedBy(client: Client, reference: string, attribute: string): Promise<string[]> {
    const { searchEntries: [entry] } = await client.search(reference, { scope: 'base', attributes: [attribute] });
    return entry ? groupsNamedIn(entry, attribute) : [];
  }

  private async groupsWithMember(client: Client, reference: string): Promise<string[]> {
    const groups: Entry[] = [];
    const pages = client.searchPaginated(this.parts.settings.baseDn, {
      filter: `(|${equality('member', reference)}${equality('uniqueMember', reference)})`, attributes: ['cn'], paged: { pageSize: LDAP_PAGE_SIZE },
    });
    for await (const { searchEntries } of pages) {
      groups.push(...searchEntries);
      if (groups.length >= GROUPS_OF_PERSON_MAX) break;
    }
    return tidyGroups(groups.map((group) => valuesOf(group, 'cn')[0] ?? firstName(group.dn)));
  }
}
