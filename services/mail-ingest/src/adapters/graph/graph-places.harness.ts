import { randomUUID } from 'node:crypto';
import type { GraphMailbox } from '@inkpost/testkit/graph-stand-in/graph-mailbox.js';
import { type GraphStandIn, type GraphStandInOptions, startGraphStandIn } from '@inkpost/testkit/graph-stand-in/graph-stand-in.js';
import { createInkpostDatabase, type InkpostDatabase } from '@inkpost/testkit/inkpost-database.js';
import { SERVER_TIMES } from '../../limits.js';
import type { SourcePlace } from '../../ports/mail-source.contract.js';
import type { MailSource, OpenSource, SignIn, SourceAccess } from '../../ports/mail-source.port.js';
import { GraphConnections } from './graph-connections.js';
import { GraphFolderStore } from './graph-folder.store.js';
import { graphSource } from './graph-source.adapter.js';

export const ADDRESS = 'print@inkpost.test';
const ACCOUNTS = 40;
const QUICK = { ...SERVER_TIMES, polledEveryMs: 200 };
const TOKENS = { person: { user: ADDRESS, mayWrite: true }, reader: { user: ADDRESS, mayWrite: false }, application: { mayWrite: true } } as const;

export function mail(text: string): string {
  return `Subject: ${text}\r\n\r\n${text}\r\n`;
}

export function token(name: string, access: 'delegated' | 'application' = 'delegated'): SignIn {
  return { kind: 'token', access, accessToken: async () => name };
}

/** Accounts of a stand-in for Graph, and a database where something can be remembered of them. */
export class GraphPlaces {
  /** No longer good. */
  expiredToken: string | undefined;
  private readonly opened: MailSource[] = [];
  private readonly others: GraphStandIn[] = [];
  private folders = 0;
  private accounts = 0;
  private openSource: OpenSource | undefined;

  private constructor(
    private readonly database: InkpostDatabase,
    private standIn: GraphStandIn | undefined,
  ) {}

  static async start(): Promise<GraphPlaces> {
    const places = new GraphPlaces(await createInkpostDatabase(), undefined);
    places.standIn = await places.startStandIn({ addresses: [ADDRESS, ...Array.from({ length: ACCOUNTS }, (_, n) => `user${n + 1}@inkpost.test`)], latencyMs: 2 });
    places.openSource = places.sourcesOf(places.standIn);
    return places;
  }

  get graph(): GraphStandIn {
    if (!this.standIn) throw new Error('the stand-in was not started');
    return this.standIn;
  }

  get openBy(): OpenSource {
    return this.openSource ?? this.sourcesOf(this.graph);
  }

  get mailbox(): GraphMailbox {
    return this.graph.mailbox(ADDRESS);
  }

  /** One more, which takes the same tokens. */
  async startStandIn(options: Omit<GraphStandInOptions, 'authorize'>): Promise<GraphStandIn> {
    const standIn = await startGraphStandIn({ ...options, authorize: (name) => this.meaningOf(name) });
    this.others.push(standIn);
    return standIn;
  }

  sourcesOf({ url, ca }: GraphStandIn): OpenSource {
    return graphSource({ connections: new GraphConnections(url, ca), folders: new GraphFolderStore(this.database.pool('mail-ingest')), times: QUICK });
  }

  /** A mailbox of the installation's. */
  async newMailbox(): Promise<string> {
    const id = randomUUID();
    await this.database.superuserPool().query(`INSERT INTO mail_ingest.mailbox (id, address, kind, queue_id, enabled, after_processing, processed_folder) VALUES ($1, $2, 'smtp', 'queue', true, 'keep', '')`, [id, `${id}@inkpost.test`]);
    return id;
  }

  accessTo(own: Partial<SourceAccess> & Pick<SourceAccess, 'mailboxId'>): SourceAccess {
    return { protocol: 'graph', host: 'graph', port: 443, tls: 'implicit', user: ADDRESS, signIn: token('person'), folder: 'INBOX', certificateAuthority: '', afterProcessing: 'keep', processedFolder: '', ...own };
  }

  async open(own: Partial<SourceAccess> = {}, by = this.openBy): Promise<MailSource> {
    const source = await by(this.accessTo({ mailboxId: own.mailboxId ?? (await this.newMailbox()), ...own }), new AbortController().signal);
    this.opened.push(source);
    return source;
  }

  /** A new folder with these mails; its path, and their keys. */
  make(...mails: string[]): { folder: string; keys: string[] } {
    const folder = `folder-${(this.folders += 1)}`;
    this.mailbox.makeFolder(folder);
    return { folder, keys: mails.map((own) => this.mailbox.deliver(own, folder).immutableId) };
  }

  /** An account that nobody used yet. */
  async makePlace(): Promise<SourcePlace> {
    const address = `user${(this.accounts += 1)}@inkpost.test`;
    const account = this.graph.mailbox(address);
    return {
      access: this.accessTo({ mailboxId: await this.newMailbox(), user: address, signIn: token('application', 'application') }),
      secret: 'application',
      add: async (...mails) => mails.forEach((raw) => void account.deliver(raw)),
      clear: async () => account.messagesIn('inbox').forEach(({ immutableId }) => account.remove(immutableId)),
      mailsThere: async () => mailsThere(account),
      cut: async () => this.graph.cut(),
    };
  }

  /** What was asked for since `from` requests were received. */
  linesSince(from: number): string[] {
    return this.graph.requests.slice(from).map(({ line }) => line);
  }

  /** After each test. */
  async tidy(): Promise<void> {
    for (const source of this.opened.splice(0)) await source.close();
    this.graph.heal();
    this.expiredToken = undefined;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.others.map((standIn) => standIn.stop()), this.database.drop()]);
  }

  private meaningOf(name: string) {
    if (name === 'challenged') return 'claims-challenge' as const;
    return name in TOKENS && name !== this.expiredToken ? TOKENS[name as keyof typeof TOKENS] : undefined;
  }
}

function mailsThere(account: GraphMailbox) {
  const hasPrinted = account.childFolders(account.rootId).some(({ displayName }) => displayName === 'Printed');
  return [['inbox', 'INBOX'], ...(hasPrinted ? [['Printed', 'Printed']] : [])].flatMap(([path = '', folder = '']) => account.messagesIn(path).map(({ raw, isRead, categories }) => ({
    subject: /^Subject: (.*)\r$/m.exec(raw.toString('latin1'))?.[1] ?? '', folder, flagged: isRead && categories.includes('InkpostDone'),
  })));
}
