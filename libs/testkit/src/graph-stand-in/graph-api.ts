import type { DeltaPage, GraphDelta } from './graph-delta.js';
import { GraphError } from './graph-error.js';
import type { GraphFolder, GraphMailbox, GraphMessage } from './graph-mailbox.js';

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** A request for one mailbox, after its token was found good. */
export interface GraphCall {
  readonly method: string;
  /** What follows the user, keys in parentheses taken apart: `mailFolders('x')/messages` is [mailFolders, x, messages]. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly immutableIds: boolean;
  /** Of `Prefer: odata.maxpagesize`. */
  readonly pageSize: number | undefined;
  readonly body: unknown;
  readonly mailbox: GraphMailbox;
  readonly delta: GraphDelta;
  readonly mayWrite: boolean;
  /** Up to and with the user, such as `https://127.0.0.1:1234/v1.0/me`. */
  readonly userUrl: string;
  /** False: a national cloud, which has no permanentDelete. */
  readonly permanentDelete: boolean;
}

export interface GraphAnswer {
  readonly status: number;
  readonly json?: Json;
  /** A mail (`$value`), sent in chunks without its length. */
  readonly mime?: Buffer;
}

const MESSAGE_PROPERTIES = new Set(['id', 'subject', 'receivedDateTime', 'isRead', 'categories', 'parentFolderId']);
const FOLDERS_PAGE = 10;

/** What Graph's documentation says of mail folders and messages, as far as Inkpost uses it. What it doesn't use is refused, not ignored. */
export function answerGraphCall(call: GraphCall): GraphAnswer {
  const [collection = '', id = '', action = '', ...rest] = call.segments;
  const route = `${call.method} ${collection.toLowerCase()}${id === '' ? '' : '/{id}'}${[action, ...rest].filter((name) => name !== '').map((name) => `/${name.toLowerCase()}`).join('')}`;
  // What a token is for is looked at before anything is looked for.
  if (call.method !== 'GET' && !call.mayWrite) throw new GraphError(403, 'ErrorAccessDenied', 'Access is denied. Check credentials and try again.');
  switch (route) {
    case 'GET mailfolders':
      return folderPage(call, call.mailbox.rootId, 'mailFolders');
    case 'POST mailfolders':
      return createFolder(call, call.mailbox.rootId);
    case 'GET mailfolders/{id}':
      return { status: 200, json: folderJson(call, call.mailbox.folder(id)) };
    case 'GET mailfolders/{id}/childfolders':
      return folderPage(call, call.mailbox.folder(id).id, `mailFolders/${encodeURIComponent(id)}/childFolders`);
    case 'POST mailfolders/{id}/childfolders':
      return createFolder(call, call.mailbox.folder(id).id);
    case 'GET mailfolders/{id}/messages/delta':
      return deltaPage(call, call.mailbox.folder(id));
    case 'GET messages/{id}':
      allow(call.query, '$select');
      return { status: 200, json: messageJson(call, call.mailbox.message(id), selection(call.query)) };
    case 'GET messages/{id}/$value':
      return { status: 200, mime: call.mailbox.mime(call.mailbox.message(id)) };
    case 'PATCH messages/{id}':
      return updateMessage(call, call.mailbox.message(id));
    case 'POST messages/{id}/move':
      return moveMessage(call, call.mailbox.message(id));
    case 'DELETE messages/{id}':
      return deleteMessage(call, call.mailbox.message(id));
    case 'POST messages/{id}/permanentdelete':
      return deleteForGood(call, call.mailbox.message(id));
    // Only below /messages, whatever the documentation's list of paths says (microsoft-graph-docs-contrib, issues 2755 and 5546).
    case 'GET mailfolders/{id}/messages/{id}/$value':
      throw new GraphError(405, 'ErrorInvalidRequest', 'The OData request is not supported.');
    default:
      throw new GraphError(400, 'BadRequest', `Resource not found for the segment '${call.segments.at(-1) ?? ''}'.`);
  }
}

function folderPage(call: GraphCall, parentId: string, path: string): GraphAnswer {
  allow(call.query, '$select', '$top', '$skip');
  const [top, skip] = [Number(call.query.get('$top') ?? FOLDERS_PAGE), Number(call.query.get('$skip') ?? 0)];
  const all = call.mailbox.childFolders(parentId);
  const value = all.slice(skip, skip + top).map((folder) => folderJson(call, folder));
  const next = skip + top < all.length ? { '@odata.nextLink': `${call.userUrl}/${path}?%24top=${top}&%24skip=${skip + top}` } : {};
  return { status: 200, json: { value, ...next } };
}

function folderJson({ mailbox }: GraphCall, { id, displayName, parentId }: GraphFolder): Json {
  return { id, displayName, parentFolderId: parentId, childFolderCount: mailbox.childFolders(id).length, totalItemCount: mailbox.idsIn(id).length, isHidden: false };
}

function createFolder(call: GraphCall, parentId: string): GraphAnswer {
  const displayName = member(call.body, 'displayName');
  if (typeof displayName !== 'string' || displayName === '') throw new GraphError(400, 'ErrorInvalidRequest', 'The folder has no name.');
  return { status: 201, json: folderJson(call, call.mailbox.createFolder(displayName, parentId)) };
}

function deltaPage(call: GraphCall, folder: GraphFolder): GraphAnswer {
  const { query, delta, pageSize } = call;
  allow(query, '$select', '$skiptoken', '$deltatoken');
  const [skip, since] = [query.get('$skiptoken'), query.get('$deltatoken')];
  const kind = skip === null ? '$deltatoken' : '$skiptoken';
  const token = skip ?? since;
  const page = token === null ? delta.begin(folder.id, selection(query), pageSize) : delta.follow(folder.id, kind, token, pageSize);
  // The links' own form, which differs from that of the request.
  const link = `${call.userUrl}/mailfolders('${encodeURIComponent(folder.id)}')/messages/delta?${page.link.query}`;
  return { status: 200, json: { value: page.immutableIds.map((id) => deltaEntry(call, page, id)), [page.link.name]: link } };
}

function deltaEntry(call: GraphCall, { folderId, select }: DeltaPage, immutableId: string): Json {
  const message = call.mailbox.messageIn(folderId, immutableId);
  if (message) return messageJson(call, message, select);
  return { '@odata.type': '#microsoft.graph.message', id: immutableId, '@removed': { reason: 'deleted' } };
}

function messageJson({ immutableIds }: GraphCall, message: GraphMessage, select: readonly string[] = [...MESSAGE_PROPERTIES]): Json {
  const properties: Record<string, Json> = {
    id: immutableIds ? message.immutableId : message.id,
    subject: /^Subject: (.*)$/m.exec(message.raw.toString('latin1', 0, 4_096))?.[1] ?? '',
    // Whole seconds, as Graph gives it.
    receivedDateTime: message.receivedAt.toISOString().replace(/\.\d+Z$/, 'Z'),
    isRead: message.isRead,
    categories: message.categories,
    parentFolderId: message.folderId,
  };
  // The id is always given.
  return { '@odata.type': '#microsoft.graph.message', ...Object.fromEntries(['id', ...select].map((name) => [name, properties[name] ?? null])) };
}

function updateMessage(call: GraphCall, { immutableId }: GraphMessage): GraphAnswer {
  const [isRead, categories] = [member(call.body, 'isRead'), member(call.body, 'categories')];
  const updated = call.mailbox.update(immutableId, {
    ...(typeof isRead === 'boolean' ? { isRead } : {}),
    // The list as a whole: what isn't in it is taken away.
    ...(Array.isArray(categories) ? { categories: categories.map(String) } : {}),
  });
  return { status: 200, json: messageJson(call, updated) };
}

function moveMessage(call: GraphCall, { immutableId }: GraphMessage): GraphAnswer {
  const { id } = call.mailbox.folder(String(member(call.body, 'destinationId')));
  return { status: 201, json: messageJson(call, call.mailbox.move(immutableId, id)) };
}

/** Into the deleted items; out of these, for good. */
function deleteMessage(call: GraphCall, { immutableId, folderId }: GraphMessage): GraphAnswer {
  const bin = call.mailbox.folder('deleteditems').id;
  if (folderId === bin) call.mailbox.remove(immutableId);
  else call.mailbox.move(immutableId, bin);
  return { status: 204 };
}

function deleteForGood(call: GraphCall, { immutableId }: GraphMessage): GraphAnswer {
  if (!call.permanentDelete) throw new GraphError(400, 'BadRequest', "Resource not found for the segment 'permanentDelete'.");
  call.mailbox.remove(immutableId);
  return { status: 204 };
}

function selection(query: URLSearchParams): readonly string[] | undefined {
  const select = query.get('$select')?.split(',');
  const unknown = select?.find((name) => !MESSAGE_PROPERTIES.has(name));
  if (unknown !== undefined) throw new GraphError(400, 'RequestBroker--ParseUri', `Could not find a property named '${unknown}' on type 'microsoft.graph.message'.`);
  return select;
}

function allow(query: URLSearchParams, ...names: string[]): void {
  for (const name of query.keys()) if (!names.includes(name)) throw new GraphError(400, 'BadRequest', `The query parameter '${name}' is not known to the stand-in.`);
}

function member(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
}
