import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { GraphError } from '../graph-stand-in/graph-error.js';
import { makeTestCertificate } from '../test-certificate.js';
import { type EntraTenant, type EntraUser, groupsOf } from './entra-user.js';
import { parseUserFilter } from './user-filter.js';

/** Application permissions of Microsoft Graph. */
export type EntraPermission = 'User.Read.All' | 'User.ReadBasic.All' | 'GroupMember.Read.All';

export interface EntraStandInOptions {
  readonly tenant: EntraTenant;
  /** What a token may read; undefined: no such token, or no longer. */
  readonly authorize: (token: string) => Promise<readonly EntraPermission[] | undefined>;
  /** How long each answer takes. */
  readonly latencyMs?: number;
}

/** Instead of an answer; `silence`: none comes. */
export type EntraFault = { readonly status: number; readonly code?: string; readonly headers?: Readonly<Record<string, string>> } | { readonly silence: true } | { readonly body: string };

/**
 * A stand-in for the users of Microsoft Graph, which nobody but Microsoft can run: written from its public documentation, for lists of users,
 * filters, paging, memberships, permissions, errors and throttling. It shows that Inkpost keeps to what is documented, not how
 * Microsoft's service behaves.
 */
export interface EntraStandIn {
  /** Without the version. */
  readonly url: string;
  /** Signs its certificate (PEM). */
  readonly ca: string;
  /** Method and path with its query, decoded, of all requests. */
  readonly requests: readonly string[];
  /** Entries of a page at most, whatever is asked for. */
  pageSizeMax: number;
  /** The first page of each list is empty, with a link to the next. */
  emptyFirstPage: boolean;
  /** Where links to the next page lead, instead of here. */
  linksTo: string | undefined;
  setTenant(tenant: EntraTenant): void;
  /** The next `times` requests don't get their answer. */
  fail(fault: EntraFault, times?: number): void;
  /** Takes back what wasn't asked for. */
  heal(): void;
  stop(): Promise<void>;
}

const VERSION = '/v1.0';
const PAGE_SIZE_MAX = 999;
const GROUP = '#microsoft.graph.group';

/** What an application that may only read the basics isn't shown. */
const BASICS = new Set(['id', 'displayName', 'userPrincipalName', 'mail']);

export async function startEntraStandIn(options: EntraStandInOptions): Promise<EntraStandIn> {
  const { ca, certificate, key } = await makeTestCertificate();
  const standIn = new StandIn(options, ca);
  const server = createServer({ cert: certificate, key }, (request, response) => {
    standIn.handle(request, response).catch(() => response.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the stand-in listens on no port');
  standIn.url = `https://localhost:${address.port}`;
  standIn.stop = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return standIn;
}

class StandIn implements EntraStandIn {
  url = '';
  readonly requests: string[] = [];
  pageSizeMax = PAGE_SIZE_MAX;
  emptyFirstPage = false;
  linksTo: string | undefined;
  stop = async (): Promise<void> => undefined;
  private users: readonly EntraUser[] = [];
  private groups: Readonly<Record<string, readonly string[]>> = {};
  private readonly faults: EntraFault[] = [];

  constructor(private readonly options: EntraStandInOptions, readonly ca: string) {
    this.setTenant(options.tenant);
  }

  setTenant({ users, groups = {} }: EntraTenant): void {
    this.groups = groups;
    this.users = users.map((user) => ({
      id: idOf(user.userPrincipalName), displayName: user.userPrincipalName, mail: null, proxyAddresses: [], otherMails: [], mailNickname: null, onPremisesSamAccountName: null, employeeId: null,
      preferredLanguage: null, accountEnabled: true, userType: 'Member', ...user,
    }));
  }

  fail(fault: EntraFault, times = 1): void {
    this.faults.push(...Array.from({ length: times }, () => fault));
  }

  heal(): void {
    this.faults.splice(0);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests.push(`${request.method} ${decodeURIComponent((request.url ?? '').replace(VERSION, ''))}`);
    const fault = this.faults.shift();
    if (fault && 'silence' in fault) return;
    if (fault && 'body' in fault) return void response.writeHead(200, { 'content-type': 'text/html' }).end(fault.body);
    try {
      if (fault) throw new GraphError(fault.status, fault.code ?? 'UnknownError', '', fault.headers);
      await pause(this.options.latencyMs ?? 0);
      const json = await this.answer(request);
      response.writeHead(200, { 'content-type': 'application/json', 'request-id': randomUUID() }).end(JSON.stringify(json));
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
      const { status, code, message, headers } = error;
      response.writeHead(status, { 'content-type': 'application/json', 'request-id': randomUUID(), ...headers }).end(JSON.stringify({ error: { code, message, innerError: {} } }));
    }
  }

  private async answer(request: IncomingMessage): Promise<object> {
    const permissions = await this.options.authorize(/^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '');
    if (!permissions) throw new GraphError(401, 'InvalidAuthenticationToken', 'Access token has expired or is not yet valid.');
    if (!permissions.some((permission) => permission.startsWith('User.'))) throw new GraphError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
    const url = new URL(request.url ?? '', this.url);
    const [kind, id = '', relation, ...more] = url.pathname.slice(VERSION.length).split('/').slice(1).map(decodeURIComponent);
    const isEventual = request.headers['consistencylevel'] === 'eventual';
    if (request.method === 'GET' && kind === 'users' && id === '') return this.list(url, this.usersOf(url, isEventual).map((user) => shown(user, permissions, url)), isEventual);
    if (request.method === 'GET' && kind === 'users' && relation === 'transitiveMemberOf' && more.length === 0) return this.list(url, this.membershipsOf(id, permissions), isEventual);
    throw new GraphError(400, 'BadRequest', `Resource not found for the segment '${url.pathname}'.`);
  }

  private usersOf({ searchParams }: URL, isEventual: boolean): readonly EntraUser[] {
    const filter = searchParams.get('$filter');
    if (filter === null) return this.users;
    const { isAdvanced, matches } = parseUserFilter(filter);
    if (isAdvanced && !(isEventual && searchParams.get('$count') === 'true')) throw new GraphError(400, 'Request_UnsupportedQuery', 'Unsupported Query.');
    return this.users.filter(matches);
  }

  /** Directory roles too; of groups that may not be read no more than that they are there. */
  private membershipsOf(id: string, permissions: readonly EntraPermission[]): object[] {
    const user = this.users.find((each) => each.id === id);
    if (!user) throw new GraphError(404, 'Request_ResourceNotFound', `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`);
    const mayRead = permissions.includes('GroupMember.Read.All');
    const groups = groupsOf(this.groups, user.userPrincipalName).map((name) => ({ '@odata.type': GROUP, id: idOf(name), displayName: mayRead ? name : null }));
    return [{ '@odata.type': '#microsoft.graph.directoryRole', id: idOf('role'), displayName: 'Directory Readers' }, ...groups];
  }

  private list(url: URL, all: readonly object[], isEventual: boolean): object {
    const { searchParams } = url;
    const top = Number(searchParams.get('$top') ?? 100);
    if (!Number.isInteger(top) || top < 1 || top > PAGE_SIZE_MAX) throw new GraphError(400, 'Request_UnsupportedQuery', `Invalid page size specified: '${top}'. Must be between 1 and 999 inclusive.`);
    const [skip, isFirst] = [Number(searchParams.get('$skiptoken') ?? 0), !searchParams.has('$skiptoken')];
    const size = this.emptyFirstPage && isFirst ? 0 : Math.min(top, this.pageSizeMax);
    const hasMore = skip + size < all.length || (size === 0 && all.length > 0);
    const next = new URL(`${url.pathname}${url.search}`, this.linksTo ?? this.url);
    next.searchParams.set('$skiptoken', String(skip + size));
    const count = searchParams.get('$count') === 'true' && isEventual ? { '@odata.count': all.length } : {};
    return { ...count, ...(hasMore ? { '@odata.nextLink': next.href } : {}), value: all.slice(skip, skip + size) };
  }
}

function shown(user: EntraUser, permissions: readonly EntraPermission[], { searchParams }: URL): object {
  const names = searchParams.get('$select')?.split(',') ?? [...BASICS];
  const unknown = names.find((name) => !(name in user));
  if (unknown !== undefined) throw new GraphError(400, 'Request_BadRequest', `Could not find a property named '${unknown}' on type 'microsoft.graph.user'.`);
  const mayReadAll = permissions.includes('User.Read.All');
  return Object.fromEntries(names.map((name) => [name, mayReadAll || BASICS.has(name) ? user[name as keyof EntraUser] : null]));
}

/** Always the same for the same name. */
function idOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
