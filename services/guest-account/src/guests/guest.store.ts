import type { FlowClient, FlowTransaction, Publication } from '@inkpost/flow/flow-client.js';
import type { Guest, PrismaClient } from '../gen/prisma/client.js';
import type { Installation } from '../installation.js';
import { isUniqueViolation } from '../sql-state.js';
import type { GuestSettings } from './guest-settings.js';

export interface GuestPage {
  /** In address or name; empty: all. */
  readonly search: string;
  /** The address of the last guest before; empty: from the first. */
  readonly after: string;
  readonly limit: number;
}

/** `taken`: another guest has this address. `changed`: somebody changed the guest since it was read. */
export type WriteOutcome = 'written' | 'missing' | 'changed' | 'taken';

const INSERT = `INSERT INTO guest (account_id, address, display_name, language, company, locked, valid_until, origin)
  VALUES ($1, $2, $3, $4, $5, $6, $7, 'administrator')`;

const UPDATE = `UPDATE guest SET address = $2, display_name = $3, language = $4, company = $5, locked = $6, valid_until = $7::timestamptz, version = version + 1,
    renewed = renewed AND valid_until IS NOT DISTINCT FROM $7::timestamptz
  WHERE account_id = $1 AND (version = $8 OR $8 = 0) RETURNING version`;

/** The guest base as administrators see and change it. A change and the fact that tells of it leave together. */
export class GuestStore {
  constructor(
    private readonly prisma: PrismaClient,
    private readonly flow: FlowClient,
    private readonly installation: Installation,
  ) {}

  async find(accountId: string): Promise<Guest | undefined> {
    return (await this.prisma.guest.findUnique({ where: { accountId } })) ?? undefined;
  }

  /** In the order of their addresses. */
  async list({ search, after, limit }: GuestPage): Promise<Guest[]> {
    // Prisma hands the text on as a pattern of LIKE.
    const contains = search.replaceAll(/[\\%_]/gu, String.raw`\$&`);
    const matching = search === '' ? {} : { OR: [{ address: { contains: contains.toLowerCase() } }, { displayName: { contains, mode: 'insensitive' as const } }] };
    return this.prisma.guest.findMany({ where: { ...matching, ...(after === '' ? {} : { address: { gt: after } }) }, orderBy: { address: 'asc' }, take: limit });
  }

  async create(accountId: string, settings: GuestSettings): Promise<WriteOutcome> {
    return this.write(accountId, async (transaction) => {
      await transaction.query('guest.insert', INSERT, [accountId, ...columns(settings)]);
      return this.changed(accountId, settings, 1);
    });
  }

  /** `version`: of the guest as it was read; 0: whatever it is. */
  async update(accountId: string, settings: GuestSettings, version: number): Promise<WriteOutcome> {
    return this.write(accountId, async (transaction) => {
      const [row] = await transaction.query<{ version: number }>('guest.update', UPDATE, [accountId, ...columns(settings), version]);
      if (row) return this.changed(accountId, settings, row.version);
      const [other] = await transaction.query('guest.exists', 'SELECT 1 FROM guest WHERE account_id = $1', [accountId]);
      return other ? 'changed' : 'missing';
    });
  }

  async erase(accountId: string): Promise<WriteOutcome> {
    return this.write(accountId, async (transaction) => {
      const [row] = await transaction.query('guest.delete', 'DELETE FROM guest WHERE account_id = $1 RETURNING 1', [accountId]);
      return row ? { subject: 'account.erased.v1', payload: { accountId } } : 'missing';
    });
  }

  private changed(accountId: string, { address, displayName, language }: GuestSettings, version: number): Publication {
    return { subject: 'account.changed.v1', payload: { accountId, address, displayName, language: language || this.installation.language, version } };
  }

  /** `work` gives the fact to publish, or why it wrote nothing. */
  private async write(accountId: string, work: (transaction: FlowTransaction) => Promise<Publication | Exclude<WriteOutcome, 'written' | 'taken'>>): Promise<WriteOutcome> {
    try {
      return await this.flow.transaction(async (transaction) => {
        const fact = await work(transaction);
        if (typeof fact === 'string') return fact;
        await transaction.publish({ journeyId: accountId, entries: [], publish: [fact] });
        return 'written';
      });
    } catch (error) {
      // The address is the one key that a caller can choose.
      if (isUniqueViolation(error)) return 'taken';
      throw error;
    }
  }
}

function columns({ address, displayName, language, company, locked, validUntil }: GuestSettings): unknown[] {
  return [address, displayName, language, company, locked, validUntil];
}
