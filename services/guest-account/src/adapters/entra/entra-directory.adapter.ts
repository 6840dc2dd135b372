import { fault } from '@inkpost/server-connection/run-steps.js';
import type { EntraSettings } from '../../directories/entra-settings.js';
import { GRAPH_GROUPS_PAGE_SIZE, GRAPH_MATCHES_MAX, GRAPH_PAGES_MAX, GROUPS_OF_PERSON_MAX } from '../../limits.js';
import type { DirectoryPerson, Found, PeopleDirectory, WayToDirectory } from '../../ports/directory.port.js';
import { onlyOne } from '../only-one.js';
import { equality, filterByAddress, isExternal, toPerson, USER_PROPERTIES } from './entra-person.js';
import { type EntraPlaces, EntraToken } from './entra-token.js';
import { entraWay } from './entra-way.js';
import { GraphClient, type GraphQuery } from './graph-client.js';
import { GraphRefused } from './graph-refusal.js';
import { member, textIn } from './json-exchange.js';

export interface EntraDirectoryParts {
  readonly directoryId: string;
  readonly settings: EntraSettings;
  /** The client secret or the private key. Throws a `Failure` where it can't be opened: then this directory alone is down. */
  readonly secret: () => string;
  readonly places: EntraPlaces;
}

const GROUP = '#microsoft.graph.group';

/** People of a tenant of Microsoft Entra, by Microsoft Graph as an application. */
export class EntraDirectory implements PeopleDirectory {
  readonly noPasswords = 'Passwords of Entra are checked by Entra alone: people of this directory sign in by single sign-on.';
  private readonly token: EntraToken;
  private readonly graph: GraphClient;

  constructor(private readonly parts: EntraDirectoryParts) {
    this.token = new EntraToken(parts.places, parts);
    this.graph = new GraphClient(parts.places, this.token, parts.settings.timeoutMs);
  }

  async findByAddress(address: string): Promise<Found> {
    const people = await this.people(filterByAddress(this.parts.settings.addressProperties, address));
    // Whoever is found has the very address, whatever Graph takes for equal.
    return onlyOne(people.filter(({ addresses }) => addresses.includes(address)));
  }

  async findByLogin(login: string): Promise<Found> {
    return login === '' ? { kind: 'nobody' } : onlyOne(await this.people(equality(this.parts.settings.loginProperty, login)));
  }

  async groupsOf({ reference }: DirectoryPerson): Promise<readonly string[]> {
    const memberships = await this.all(`/users/${encodeURIComponent(reference)}/transitiveMemberOf`, { $select: 'id,displayName', $top: String(GRAPH_GROUPS_PAGE_SIZE) }, GROUPS_OF_PERSON_MAX);
    const groups = memberships.filter((each) => textIn(each, '@odata.type') === GROUP);
    // Of what an application may not read, Graph gives no more than that it is there.
    if (groups.some((group) => member(group, 'displayName') === null)) throw fault('Microsoft Graph doesn\'t show the names of groups: the application needs the application permission GroupMember.Read.All, with admin consent.');
    return [...new Set(groups.map((group) => textIn(group, 'displayName')))].toSorted();
  }

  async checkCredentials(): Promise<boolean> {
    return false;
  }

  testWay(): WayToDirectory {
    return entraWay(this.parts.settings, this.token, this.graph);
  }

  close(): void {
    // The connections are the installation's.
  }

  private async people(filter: string): Promise<DirectoryPerson[]> {
    const { settings, directoryId } = this.parts;
    const users = await this.all('/users', { $filter: filter, $select: USER_PROPERTIES, $top: String(GRAPH_MATCHES_MAX), $count: 'true' }, GRAPH_MATCHES_MAX);
    return users.filter((user) => settings.externalUsers || !isExternal(user)).map((user) => toPerson(user, settings, directoryId));
  }

  /** Page by page, of which each may be empty; not more than `max`. */
  private async all(path: string, query: GraphQuery, max: number): Promise<unknown[]> {
    const values: unknown[] = [];
    try {
      let page = await this.graph.list(path, query);
      values.push(...page.values);
      for (let pages = 1; page.nextLink !== undefined && values.length < max && pages < GRAPH_PAGES_MAX; pages += 1) {
        page = await this.graph.next(page.nextLink);
        values.push(...page.values);
      }
    } catch (error) {
      throw error instanceof GraphRefused ? error.asFailure() : error;
    }
    return values.slice(0, max);
  }
}
