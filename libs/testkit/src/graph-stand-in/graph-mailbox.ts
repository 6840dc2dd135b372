import { randomBytes } from 'node:crypto';
import { GraphError } from './graph-error.js';

/** Folders that Exchange makes by itself: their well-known names, which hold in every language, and what a French mailbox calls them. */
const WELL_KNOWN: Readonly<Record<string, string>> = {
  inbox: 'Boîte de réception',
  archive: 'Archive',
  deleteditems: 'Éléments supprimés',
  drafts: 'Brouillons',
  junkemail: 'Courrier indésirable',
  outbox: 'Boîte d’envoi',
  sentitems: 'Éléments envoyés',
};
const ROOT = 'msgfolderroot';

export interface GraphFolder {
  readonly id: string;
  readonly displayName: string;
  readonly parentId: string;
}

export interface GraphMessage {
  /** Stays when the message is moved (Prefer: IdType="ImmutableId"). */
  readonly immutableId: string;
  /** What is given without that preference: another one after each move. */
  readonly id: string;
  readonly folderId: string;
  readonly raw: Buffer;
  readonly receivedAt: Date;
  readonly isRead: boolean;
  readonly categories: readonly string[];
}

/** What happened to a message, seen from one folder. */
interface Change {
  readonly folderId: string;
  readonly immutableId: string;
}

/** One account of the stand-in. Folders are named by their path, such as `inbox/Print`: a well-known name, or else names as they are shown. */
export class GraphMailbox {
  private readonly folders = new Map<string, GraphFolder>();
  private readonly wellKnown = new Map<string, string>();
  private readonly messages = new Map<string, GraphMessage>();
  private readonly changes: Change[] = [];
  /** Mails are kept as properties, and their MIME text is made at each download: it need not be the same one. */
  makesMimeAnew = false;
  private downloads = 0;

  constructor(readonly address: string) {
    const root = this.addFolder('Haut de la banque d’informations', '');
    this.wellKnown.set(ROOT, root.id);
    for (const [name, displayName] of Object.entries(WELL_KNOWN)) this.wellKnown.set(name, this.addFolder(displayName, root.id).id);
  }

  /** Puts a raw mail (RFC 5322) into a folder. */
  deliver(raw: string | Buffer, path = 'inbox'): GraphMessage {
    const immutableId = `AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A${randomId()}`;
    const message = { immutableId, id: newMessageId(), folderId: this.pathId(path), raw: Buffer.from(raw), receivedAt: new Date(), isRead: false, categories: [] };
    this.keep(message);
    return message;
  }

  /** Gives its id. Folders on the way must be there. */
  makeFolder(path: string): string {
    const names = path.split('/');
    return this.createFolder(names.at(-1) ?? '', this.pathId(names.slice(0, -1).join('/') || ROOT)).id;
  }

  /** With all that is in it. */
  removeFolder(path: string): void {
    const id = this.pathId(path);
    for (const { immutableId } of this.messagesIn(path)) this.remove(immutableId);
    this.folders.delete(id);
  }

  messagesIn(path: string): GraphMessage[] {
    const id = this.pathId(path);
    return [...this.messages.values()].filter(({ folderId }) => folderId === id);
  }

  moveTo(immutableId: string, path: string): void {
    this.move(immutableId, this.pathId(path));
  }

  /** By a folder's id or well-known name. @throws GraphError ErrorItemNotFound */
  folder(idOrName: string): GraphFolder {
    const folder = this.folders.get(this.wellKnown.get(idOrName.toLowerCase()) ?? idOrName);
    if (!folder) throw notFound();
    return folder;
  }

  childFolders(parentId: string): GraphFolder[] {
    return [...this.folders.values()].filter((folder) => folder.parentId === parentId);
  }

  get rootId(): string {
    return this.folder(ROOT).id;
  }

  /** @throws GraphError ErrorFolderExists: names in a folder are unique, whatever their case. */
  createFolder(displayName: string, parentId: string): GraphFolder {
    if (this.childFolders(parentId).some((folder) => sameName(folder.displayName, displayName))) {
      throw new GraphError(409, 'ErrorFolderExists', 'A folder with the specified name already exists.');
    }
    return this.addFolder(displayName, parentId);
  }

  /** By either of its ids, which are case-sensitive. @throws GraphError ErrorItemNotFound */
  message(id: string): GraphMessage {
    const message = this.messages.get(id) ?? [...this.messages.values()].find((other) => other.id === id);
    if (!message) throw notFound();
    return message;
  }

  /** `$value` */
  mime({ raw }: GraphMessage): Buffer {
    this.downloads += 1;
    return this.makesMimeAnew ? Buffer.concat([Buffer.from(`X-MS-Made-Anew: ${this.downloads}\r\n`), raw]) : raw;
  }

  update(immutableId: string, changed: Partial<Pick<GraphMessage, 'isRead' | 'categories'>>): GraphMessage {
    return this.keep({ ...this.message(immutableId), ...changed });
  }

  move(immutableId: string, folderId: string): GraphMessage {
    const message = this.message(immutableId);
    this.changes.push({ folderId: message.folderId, immutableId });
    return this.keep({ ...message, id: newMessageId(), folderId });
  }

  /** For good. */
  remove(immutableId: string): void {
    const { folderId } = this.message(immutableId);
    this.messages.delete(immutableId);
    this.changes.push({ folderId, immutableId });
  }

  /** Where the history stands now. */
  get now(): number {
    return this.changes.length;
  }

  /** Ids of the messages that are in the folder. */
  idsIn(folderId: string): string[] {
    return [...this.messages.values()].filter((message) => message.folderId === folderId).map(({ immutableId }) => immutableId);
  }

  /** Ids of the messages of a folder that came, changed or went since then, each once. */
  changedSince(folderId: string, since: number): string[] {
    return [...new Set(this.changes.slice(since).filter((change) => change.folderId === folderId).map(({ immutableId }) => immutableId))];
  }

  /** Undefined: it isn't in the folder any more. */
  messageIn(folderId: string, immutableId: string): GraphMessage | undefined {
    const message = this.messages.get(immutableId);
    return message?.folderId === folderId ? message : undefined;
  }

  private keep(message: GraphMessage): GraphMessage {
    this.messages.set(message.immutableId, message);
    this.changes.push({ folderId: message.folderId, immutableId: message.immutableId });
    return message;
  }

  private addFolder(displayName: string, parentId: string): GraphFolder {
    const folder = { id: `AQMkADYAAAIB${randomId()}`, displayName, parentId };
    this.folders.set(folder.id, folder);
    return folder;
  }

  private pathId(path: string): string {
    const [first = '', ...names] = path.split('/');
    let id = this.wellKnown.get(first.toLowerCase()) ?? this.childId(this.rootId, first);
    for (const name of names) id = this.childId(id, name);
    return id;
  }

  private childId(parentId: string, name: string): string {
    const child = this.childFolders(parentId).find(({ displayName }) => sameName(displayName, name));
    if (!child) throw new Error(`the stand-in's mailbox has no folder ${name} there`);
    return child.id;
  }
}

function randomId(): string {
  return `${randomBytes(18).toString('base64url')}AAA=`;
}

function newMessageId(): string {
  return `AAMkADhM${randomId()}`;
}

function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function notFound(): GraphError {
  return new GraphError(404, 'ErrorItemNotFound', 'The specified object was not found in the store.');
}
