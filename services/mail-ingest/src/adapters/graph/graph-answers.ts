/** A page of a delta query on the messages of a folder. */
export interface DeltaPage {
  readonly came: readonly { readonly id: string; readonly receivedAt: Date | undefined }[];
  readonly gone: readonly string[];
  /** Where the next request goes. */
  readonly link: string;
  /** No further page for now: the link tells what changes from here on. */
  readonly ended: boolean;
}

export interface FolderPage {
  readonly folders: readonly MailFolder[];
  /** Absent on the last page. */
  readonly nextLink: string | undefined;
}

export interface MailFolder {
  readonly id: string;
  readonly displayName: string;
  /** How many mails are in it, where that was asked for. */
  readonly mails: number;
}

/** What of a message is changed when it is flagged. */
export interface MessageMarks {
  readonly isRead: boolean;
  readonly categories: readonly string[];
}

/** The JSON body of a refusal. */
export interface GraphProblem {
  readonly code: string;
  readonly message: string;
}

/** Undefined: not what is documented. Of an entity that a page names several times, the last word counts. */
export function readDeltaPage(json: unknown): DeltaPage | undefined {
  const [nextLink, deltaLink] = [textIn(json, '@odata.nextLink'), textIn(json, '@odata.deltaLink')];
  const link = nextLink ?? deltaLink;
  const values = member(json, 'value');
  if (link === undefined || !Array.isArray(values)) return undefined;
  const last = new Map<string, { readonly removed: boolean; readonly receivedAt: Date | undefined }>();
  for (const value of values as readonly unknown[]) {
    const id = textIn(value, 'id');
    if (id === undefined) return undefined;
    last.set(id, { removed: member(value, '@removed') !== undefined, receivedAt: readDate(textIn(value, 'receivedDateTime')) });
  }
  const all = [...last];
  return {
    came: all.filter(([, { removed }]) => !removed).map(([id, { receivedAt }]) => ({ id, receivedAt })),
    gone: all.filter(([, { removed }]) => removed).map(([id]) => id),
    link,
    ended: nextLink === undefined,
  };
}

export function readFolderPage(json: unknown): FolderPage | undefined {
  const values = member(json, 'value');
  if (!Array.isArray(values)) return undefined;
  const folders = values.map(readFolder);
  return folders.every((folder) => folder !== undefined) ? { folders, nextLink: textIn(json, '@odata.nextLink') } : undefined;
}

export function readFolder(json: unknown): MailFolder | undefined {
  const [id, displayName, mails] = [textIn(json, 'id'), textIn(json, 'displayName'), member(json, 'totalItemCount')];
  return id === undefined || displayName === undefined ? undefined : { id, displayName, mails: typeof mails === 'number' ? mails : 0 };
}

export function readMarks(json: unknown): MessageMarks {
  const categories = member(json, 'categories');
  return { isRead: member(json, 'isRead') === true, categories: Array.isArray(categories) ? categories.filter((name) => typeof name === 'string') : [] };
}

/** Empty texts where the body isn't the documented one, as from a proxy in between. */
export function readProblem(json: unknown): GraphProblem {
  const error = member(json, 'error');
  return { code: textIn(error, 'code') ?? '', message: textIn(error, 'message') ?? '' };
}

function member(json: unknown, name: string): unknown {
  return typeof json === 'object' && json !== null ? Reflect.get(json, name) : undefined;
}

function textIn(json: unknown, name: string): string | undefined {
  const value = member(json, name);
  return typeof value === 'string' ? value : undefined;
}

function readDate(text: string | undefined): Date | undefined {
  const date = new Date(text ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}
