import { randomUUID } from 'node:crypto';
import type { FlowClient } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { sealSecret } from '@inkpost/secrets/seal.js';
import { type Mailbox as Row, Prisma, type PrismaClient } from '../gen/prisma/client.js';
import type { CheckedSettings } from './check-settings.js';
import { clientSecretContext, type Mailbox, oauthClientOf, passwordContext, type ReceivingMailbox } from './mailbox.js';
import { toRow, toSettings } from './mailbox-row.js';

/** The field by which another mailbox is in the way. */
export interface Conflict {
  readonly conflict: 'address' | 'folder';
}

const RECIPIENT = `SELECT id, address, queue_id AS "queueId" FROM mailbox WHERE address = $1 AND kind = 'smtp' AND enabled`;

const DELETE = `WITH counts AS (DELETE FROM mailbox_count WHERE mailbox_id = $1::uuid), authentication AS (DELETE FROM sender_authentication WHERE mailbox_id = $1::text)
  DELETE FROM mailbox WHERE id = $1::uuid RETURNING id`;

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
    return unlessConflict(async () => toMailbox(await this.prisma.mailbox.create({ data: { id, ...toRow(checked.settings), ...this.sealed(id, checked) } })));
  }

  /** Undefined: there is no such mailbox any more. */
  async update(id: string, checked: CheckedSettings): Promise<Mailbox | Conflict | undefined> {
    return unlessConflict(async () => {
      const data = { ...toRow(checked.settings), ...this.sealed(id, checked), version: { increment: 1 } };
      const [row] = await this.prisma.mailbox.updateManyAndReturn({ where: { id }, data });
      return row ? toMailbox(row) : undefined;
    });
  }

  /** Tells the others in the same transaction. False: there is no such mailbox. */
  async remove(id: string): Promise<boolean> {
    return this.flow.transaction(async (transaction) => {
      const gone = await transaction.query('mailbox.delete', DELETE, [id]);
      if (gone.length === 0) return false;
      await transaction.publish({ journeyId: id, entries: [], publish: [{ subject: 'mailbox.deleted.v1', payload: { mailboxId: id } }] });
      return true;
    });
  }

  async findRecipient(address: string): Promise<ReceivingMailbox | undefined> {
    const [mailbox] = await query<{ id: string; address: string; queueId: string }>(this.pool, 'mailbox.recipient', RECIPIENT, [address]);
    return mailbox;
  }

  /** The secret that this kind has; those of other kinds are forgotten. */
  private sealed(id: string, { settings, secret }: CheckedSettings) {
    const seal = (context: string) => (secret === undefined ? undefined : new Uint8Array(sealSecret(this.masterKey, context, secret)));
    if (settings.kind === 'imap' || settings.kind === 'pop3') return { sealedClientSecret: null, ...given('sealedPassword', seal(passwordContext(id))) };
    const client = settings.kind === 'smtp' ? undefined : oauthClientOf(settings);
    return { sealedPassword: null, ...(client ? given('sealedClientSecret', seal(clientSecretContext(id))) : { sealedClientSecret: null }) };
  }
}

/** Prisma leaves alone what isn't named. */
function given<K extends string>(column: K, value: Uint8Array<ArrayBuffer> | undefined): Partial<Record<K, Uint8Array<ArrayBuffer>>> {
  return value === undefined ? {} : ({ [column]: value } as Record<K, Uint8Array<ArrayBuffer>>);
}

function toMailbox(row: Row): Mailbox {
  return { id: row.id, createdAt: row.createdAt, settings: toSettings(row) };
}

async function unlessConflict<T>(write: () => Promise<T>): Promise<T | Conflict> {
  try {
    return await write();
  } catch (error) {
    // P2002: a unique index.
    if (!(error instanceof Prisma.PrismaClientKnownRequestError) || error.code !== 'P2002') throw error;
    return { conflict: JSON.stringify(error.meta).includes('folder') ? 'folder' : 'address' };
  }
}
