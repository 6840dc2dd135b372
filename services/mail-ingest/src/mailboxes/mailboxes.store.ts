import { randomUUID } from 'node:crypto';
import type { FlowClient } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { sealSecret } from '@inkpost/secrets/seal.js';
import { type Mailbox as Row, Prisma, type PrismaClient } from '../gen/prisma/client.js';
import type { CheckedSettings } from './check-settings.js';
import { type AfterProcessing, type Mailbox, type MailboxHealth, type MailboxSettings, passwordContext, type ReceivingMailbox, type TlsChoice } from './mailbox.js';

/** The field by which another mailbox is in the way. */
export interface Conflict {
  readonly conflict: 'address' | 'imap.folder';
}

const HEALTH = `SELECT m.id, w.state, w.problem, w.next_try_at, (SELECT max(l.received_at) FROM ledger l WHERE l.mailbox_id = m.id) AS last_message_at
  FROM mailbox m LEFT JOIN watch w ON w.mailbox_id = m.id AND w.lease_until > now() WHERE m.id = ANY ($1::uuid[])`;

const RECIPIENT = `SELECT id, address, queue_id AS "queueId" FROM mailbox WHERE address = $1 AND kind = 'smtp' AND enabled`;

interface HealthRow {
  readonly id: string;
  /** Null: nobody watches it. */
  readonly state: 'connecting' | 'connected' | 'failing' | null;
  readonly problem: string | null;
  readonly next_try_at: Date | null;
  readonly last_message_at: Date | null;
}

/** The mailboxes as administrators set them. */
export class MailboxesStore {
  constructor(
    private readonly prisma: PrismaClient,
    private readonly pool: Pool,
    private readonly flow: FlowClient,
    private readonly masterKey: MasterKey,
  ) {}

  async list(): Promise<Mailbox[]> {
    return (await this.prisma.mailbox.findMany({ orderBy: { address: 'asc' } })).map(toMailbox);
  }

  async find(id: string): Promise<Mailbox | undefined> {
    const row = await this.prisma.mailbox.findUnique({ where: { id } });
    return row ? toMailbox(row) : undefined;
  }

  async create(checked: CheckedSettings): Promise<Mailbox | Conflict> {
    const id = randomUUID();
    return unlessConflict(async () => toMailbox(await this.prisma.mailbox.create({ data: { id, ...this.toColumns(id, checked) } })));
  }

  /** Undefined: there is no such mailbox any more. */
  async update(id: string, checked: CheckedSettings): Promise<Mailbox | Conflict | undefined> {
    return unlessConflict(async () => {
      const [row] = await this.prisma.mailbox.updateManyAndReturn({ where: { id }, data: { ...this.toColumns(id, checked), version: { increment: 1 } } });
      return row ? toMailbox(row) : undefined;
    });
  }

  /** Tells the others in the same transaction. False: there is no such mailbox. */
  async remove(id: string): Promise<boolean> {
    return this.flow.transaction(async (transaction) => {
      const gone = await transaction.query('mailbox.delete', 'DELETE FROM mailbox WHERE id = $1 RETURNING id', [id]);
      if (gone.length === 0) return false;
      await transaction.publish({ journeyId: id, entries: [], publish: [{ subject: 'mailbox.deleted.v1', payload: { mailboxId: id } }] });
      return true;
    });
  }

  /** How each of these is, by its id. */
  async health(mailboxes: readonly Mailbox[]): Promise<Map<string, MailboxHealth>> {
    const rows = await query<HealthRow>(this.pool, 'mailbox.health', HEALTH, [mailboxes.map(({ id }) => id)]);
    const byId = new Map(rows.map((row) => [row.id, row]));
    return new Map(mailboxes.map(({ id, settings }) => [id, toHealth(settings, byId.get(id))]));
  }

  async findRecipient(address: string): Promise<ReceivingMailbox | undefined> {
    const [mailbox] = await query<{ id: string; address: string; queueId: string }>(this.pool, 'mailbox.recipient', RECIPIENT, [address]);
    return mailbox;
  }

  private toColumns(id: string, { settings, password }: CheckedSettings) {
    const { address, kind, queueId, enabled } = settings;
    if (kind === 'smtp') return { address, kind, queueId, enabled, afterProcessing: 'keep', processedFolder: '', ...NO_IMAP };
    const { afterProcessing, processedFolder, imap } = settings;
    return {
      address, kind, queueId, enabled, afterProcessing, processedFolder,
      imapHost: imap.host, imapPort: imap.port, imapTls: imap.tls, imapUser: imap.user, imapFolder: imap.folder, imapAuthority: imap.certificateAuthority,
      ...(password === undefined ? {} : { sealedPassword: new Uint8Array(sealSecret(this.masterKey, passwordContext(id), password)) }),
    };
  }
}

const NO_IMAP = { imapHost: null, imapPort: null, imapTls: null, imapUser: null, imapFolder: null, imapAuthority: null, sealedPassword: null };

/** The database's own checks hold for what is asserted here. */
function toMailbox(row: Row): Mailbox {
  const { id, address, queueId, enabled, createdAt } = row;
  if (row.kind === 'smtp') return { id, createdAt, settings: { kind: 'smtp', address, queueId, enabled } };
  const imap = {
    host: row.imapHost ?? '', port: row.imapPort ?? 0, tls: row.imapTls as TlsChoice, user: row.imapUser ?? '', folder: row.imapFolder ?? '', certificateAuthority: row.imapAuthority ?? '',
  };
  return { id, createdAt, settings: { kind: 'imap', address, queueId, enabled, afterProcessing: row.afterProcessing as AfterProcessing, processedFolder: row.processedFolder, imap } };
}

function toHealth({ kind, enabled }: MailboxSettings, row: HealthRow | undefined): MailboxHealth {
  const last = row?.last_message_at ? { lastMessageAt: row.last_message_at } : {};
  if (!enabled) return { state: 'disabled', problem: '', ...last };
  if (kind === 'smtp') return { state: 'listening', problem: '', ...last };
  return { state: row?.state ?? 'connecting', problem: row?.problem ?? '', ...(row?.next_try_at ? { nextTryAt: row.next_try_at } : {}), ...last };
}

async function unlessConflict<T>(write: () => Promise<T>): Promise<T | Conflict> {
  try {
    return await write();
  } catch (error) {
    // P2002: a unique index.
    if (!(error instanceof Prisma.PrismaClientKnownRequestError) || error.code !== 'P2002') throw error;
    return { conflict: JSON.stringify(error.meta).includes('imap') ? 'imap.folder' : 'address' };
  }
}
