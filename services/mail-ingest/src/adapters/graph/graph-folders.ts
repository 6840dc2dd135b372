import { GRAPH_FOLDER_PAGES_MAX } from '../../limits.js';
import { type MailFolder, readFolder, readFolderPage } from './graph-answers.js';
import { type GraphClient, GraphRefused } from './graph-client.js';
import { folderMissing, notUnderstood } from './graph-failure.js';

const ROOT = '/mailFolders';
/** Names that hold in every language (Graph, mailFolder, "Well-known folder names"), as IMAP and Outlook write them. */
const WELL_KNOWN = new Set(['inbox', 'archive', 'deleteditems', 'drafts', 'junkemail', 'outbox', 'sentitems']);

/** The id of the folder with this path, such as `INBOX/To print`: each name as Outlook shows it, the first one also a well-known name. Throws `FOLDER_MISSING`. */
export async function findFolder(client: GraphClient, path: string): Promise<string> {
  const { folder, rest } = await walk(client, path);
  if (!folder || rest !== '') throw folderMissing();
  return folder.id;
}

/** The same, with the folders made that are missing. */
export async function ensureFolder(client: GraphClient, path: string): Promise<string> {
  const { folder, rest } = await walk(client, path);
  let id = folder?.id;
  for (const displayName of rest.split('/').filter((name) => name !== '')) id = await createFolder(client, id, displayName);
  if (id === undefined) throw folderMissing();
  return id;
}

/** As deep as the path's folders exist; `rest` is what of it doesn't. */
async function walk(client: GraphClient, path: string): Promise<{ folder: MailFolder | undefined; rest: string }> {
  let { folder, rest } = await enter(client, path);
  while (rest !== '') {
    const next = longestName(await childFolders(client, folder?.id), rest);
    if (!next) return { folder, rest };
    folder = next;
    rest = rest.slice(next.displayName.length + 1);
  }
  return { folder, rest };
}

/** INBOX is what every mailbox calls so, whatever it shows; other well-known names are given way to folders that are really called so. */
async function enter(client: GraphClient, path: string): Promise<{ folder: MailFolder | undefined; rest: string }> {
  const [first = ''] = path.split('/');
  const name = first.toLowerCase();
  const isShown = name !== 'inbox' && longestName(await childFolders(client, undefined), path) !== undefined;
  if (isShown || !WELL_KNOWN.has(name)) return { folder: undefined, rest: path };
  const folder = readFolder(await client.get(`${ROOT}/${name}?$select=id,displayName`));
  if (!folder) throw notUnderstood(client.host, 'a folder without a name');
  return { folder, rest: path.slice(first.length + 1) };
}

/** Names may contain the slash that separates them. */
function longestName(folders: readonly MailFolder[], path: string): MailFolder | undefined {
  const wanted = path.toLowerCase();
  const fitting = folders.filter(({ displayName }) => `${wanted}/`.startsWith(`${displayName.toLowerCase()}/`));
  return fitting.sort((a, b) => b.displayName.length - a.displayName.length)[0];
}

async function childFolders(client: GraphClient, parentId: string | undefined): Promise<MailFolder[]> {
  const folders: MailFolder[] = [];
  let next: string | undefined = `${childrenOf(parentId)}?$select=id,displayName&$top=100`;
  for (let pages = 0; next !== undefined; pages += 1) {
    const page = readFolderPage(await client.get(next));
    if (!page || pages >= GRAPH_FOLDER_PAGES_MAX) throw notUnderstood(client.host, 'a list of folders that has no end or no names');
    folders.push(...page.folders);
    next = page.nextLink;
  }
  return folders;
}

async function createFolder(client: GraphClient, parentId: string | undefined, displayName: string): Promise<string> {
  try {
    const folder = readFolder(await client.change('POST', childrenOf(parentId), { displayName }));
    if (!folder) throw notUnderstood(client.host, 'a new folder without a name');
    return folder.id;
  } catch (error) {
    // Somebody else was faster.
    const existing = error instanceof GraphRefused && error.refusal.status === 409 ? longestName(await childFolders(client, parentId), displayName) : undefined;
    if (!existing) throw error;
    return existing.id;
  }
}

function childrenOf(parentId: string | undefined): string {
  return parentId === undefined ? ROOT : `${ROOT}/${encodeURIComponent(parentId)}/childFolders`;
}
