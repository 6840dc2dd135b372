import { createHash } from 'node:crypto';
import type { FlowClient } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { SpooledDocument } from '@inkpost/spool/spool.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { currentTraceId } from '@inkpost/telemetry/telemetry.js';
import { CLAIM_DAYS, MAIL_BYTES_MAX } from '../limits.js';
import type { DescribedMail } from './describe-mail.js';
import type { IncomingMail, RawMail, Reception } from './incoming-mail.js';

/** Counts a mail for its mailbox, each connection by itself: side by side they needn't wait for each other's commit. */
function counted(mailboxId: string, refused: string): string {
  return `counted AS (
      INSERT INTO mailbox_count AS c (mailbox_id, counter, received, refused, last_message_at)
      SELECT ${mailboxId}::uuid, pg_backend_pid() % 16, CASE WHEN ${refused}::boolean THEN 0 ELSE 1 END, CASE WHEN ${refused}::boolean THEN 1 ELSE 0 END, now() FROM step
      ON CONFLICT (mailbox_id, counter) DO UPDATE
      SET received = c.received + excluded.received, refused = c.refused + excluded.refused, last_message_at = excluded.last_message_at)`;
}

/** The plain INSERT into the ledger is the point: a mail that was taken before makes the whole statement fail, publication and all. */
const LEDGER = `taken AS (
      INSERT INTO ledger (mailbox_id, sha256, internet_message_id, size_bytes, message_id)
      SELECT $6::uuid, decode(sign, 'hex'), $8::text, $9::bigint, $2::uuid FROM step, unnest($7::text[]) AS sign),
    placed AS (
      INSERT INTO ledger_place (folder, epoch, key, message_id, settled)
      SELECT $10::text, $11::text, $12::text, $2::uuid, $13::boolean FROM step WHERE $10::text IS NOT NULL
      ON CONFLICT (folder, epoch, key) DO NOTHING)`;

const RECORD = {
  name: 'mail-received',
  with: `${LEDGER},
    ${counted('$6', '$17')}`,
  select: `journey.begin_message($2::uuid, $14::jsonb), spool.put($15::jsonb, 'acceptance', now() + make_interval(days => $16))`,
} as const;

/** The first of its copies says how long it took. */
const RECORD_CANARY = {
  name: 'canary-received',
  with: `${LEDGER},
    arrived AS (
      UPDATE canary c SET received_at = now() FROM step WHERE c.id = $2::uuid AND c.received_at IS NULL
      RETURNING (extract(epoch FROM now() - c.requested_at) * 1000)::float8 AS latency_ms)`,
  select: '(SELECT latency_ms FROM arrived) AS "latencyMs"',
} as const;

const FIND = `SELECT message_id FROM ledger WHERE mailbox_id = $1 AND sha256 IN (SELECT decode(sign, 'hex') FROM unnest($2::text[]) AS sign) LIMIT 1`;

const AGAIN = {
  name: 'mail-received-again',
  with: `known AS (
      INSERT INTO ledger (mailbox_id, sha256, internet_message_id, size_bytes, message_id)
      SELECT $6::uuid, decode(sign, 'hex'), $8::text, $9::bigint, $2::uuid FROM step, unnest($7::text[]) AS sign
      ON CONFLICT (mailbox_id, sha256) DO NOTHING),
    placed AS (
      INSERT INTO ledger_place (folder, epoch, key, message_id, settled)
      SELECT $10::text, $11::text, $12::text, $2::uuid, $13::boolean FROM step WHERE $10::text IS NOT NULL
      ON CONFLICT (folder, epoch, key) DO NOTHING)`,
} as const;

const REFUSED = { name: 'mail-refused', with: counted('$7', 'true'), select: 'journey.begin_message($2::uuid, $6::jsonb)' } as const;

const UNIQUE_VIOLATION = '23505';

/** A mail once it is read. `isRefused`: for what is known of who sent it, it won't be printed. */
type KnownMail = Omit<IncomingMail, 'content' | 'smtp'> & { readonly isRefused?: boolean };

/** The one statement that makes a mail Inkpost's: ledger, journey, keys of its documents, and the message to acceptance. */
export class MailRecorder {
  constructor(
    private readonly flow: FlowClient,
    private readonly pool: Pool,
    private readonly log: Log,
  ) {}

  /** Throws a `Failure` when the database doesn't take it; then nothing is written. */
  async record(mail: KnownMail, described: DescribedMail, documents: readonly SpooledDocument[], raw: RawMail): Promise<Reception> {
    const { messageId, internetMessageId, entries, publication } = described;
    const spooled = documents.map(({ id, sha256, sizeBytes, wrappedKey }) => ({ id, sha256, sizeBytes, wrappedKey }));
    try {
      await this.flow.publish(
        { journeyId: messageId, entries, publish: [publication] },
        {
          ...RECORD,
          values: [
            ...ledgerValues(mail, internetMessageId, raw),
            headOf(described), JSON.stringify(spooled), CLAIM_DAYS, raw.sizeBytes > MAIL_BYTES_MAX,
          ],
        },
      );
      this.log.info('message received', { messageId, mailboxId: mail.mailbox.id, documents: documents.length, sizeBytes: raw.sizeBytes });
      return { outcome: 'recorded', messageId };
    } catch (error) {
      if (!isTakenBefore(error)) throw error;
      return { outcome: 'taken-before', messageId: await this.noteAgain(mail, internetMessageId, raw) };
    }
  }

  /** A mail of our own that came in. `onArrival` is told how long it took, for the first of its copies. Throws as `record`. */
  async recordCanary(mail: KnownMail, { messageId, internetMessageId, entries }: Omit<DescribedMail, 'publication' | 'head'>, raw: RawMail, onArrival: (latencyMs: number) => void): Promise<Reception> {
    try {
      const { latencyMs } = await this.flow.publish<{ latencyMs: number | null }>(
        { journeyId: messageId, entries, publish: [] },
        { ...RECORD_CANARY, values: ledgerValues(mail, internetMessageId, raw) },
      );
      if (latencyMs !== null) onArrival(latencyMs);
      return { outcome: 'canary', messageId };
    } catch (error) {
      if (!isTakenBefore(error)) throw error;
      return { outcome: 'taken-before', messageId: await this.noteAgain(mail, internetMessageId, raw) };
    }
  }

  /** For a mail that isn't taken in and whose sender is told elsewhere: its journey alone. */
  async noteRefusal({ mailbox }: Pick<IncomingMail, 'mailbox'>, described: DescribedMail): Promise<void> {
    const { messageId, entries } = described;
    await this.flow.publish({ journeyId: messageId, entries, publish: [] }, { ...REFUSED, values: [headOf(described), mailbox.id] });
  }

  /** Says so in the journey of the mail that it is a copy of; gives that one's id. */
  private async noteAgain(mail: KnownMail, internetMessageId: string, raw: RawMail): Promise<string> {
    const [first] = await query<{ message_id: string }>(this.pool, 'ledger.find', FIND, [mail.mailbox.id, signsOf(mail, raw)]);
    if (!first) throw new Error('the ledger names no message for what it holds');
    const evidence = { source: mail.source, mailbox: mail.mailbox.address, ...mail.origin, envelopeSender: mail.envelopeSender };
    await this.flow.publish({ journeyId: first.message_id, entries: [{ step: 'received-again', evidence }], publish: [] }, { ...AGAIN, values: ledgerValues(mail, internetMessageId, raw) });
    return first.message_id;
  }
}

function ledgerValues(mail: KnownMail, internetMessageId: string, raw: RawMail): unknown[] {
  const { mailbox, place } = mail;
  return [mailbox.id, signsOf(mail, raw), internetMessageId, raw.sizeBytes, place?.folder ?? null, place?.epoch ?? null, place?.key ?? null, place?.settled ?? null];
}

/**
 * What a mail is known by: its bytes, and the key that it keeps wherever it is moved, since a server that makes its bytes anew need not make
 * the same. A copy that is refused, such as one of a forwarder that breaks SPF, must not keep the authentic one from being printed.
 */
function signsOf({ place, isRefused }: Pick<KnownMail, 'place' | 'isRefused'>, { sha256 }: RawMail): string[] {
  const signs = place?.lasting ? [sha256, digest(`${place.epoch} ${place.key}`)] : [sha256];
  return isRefused ? signs.map((sign) => digest(`refused ${sign}`)) : signs;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function headOf({ head }: DescribedMail): string {
  return JSON.stringify({ ...head, traceId: currentTraceId() });
}

function isTakenBefore(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === UNIQUE_VIOLATION && 'constraint' in cause && cause.constraint === 'ledger_pkey';
}

/** Not so where the connection broke while the answer was awaited: the statement may have been committed. */
export function isSurelyUnwritten(error: unknown): boolean {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : undefined;
  if (!cause) return false;
  const code = 'code' in cause ? String(cause.code) : '';
  const neverSent = ['ECONNREFUSED', 'ENOTFOUND', 'ENOENT'].includes(code) || /timeout exceeded when trying to connect/.test(cause.message);
  // A SQLSTATE (PostgreSQL, Appendix A) is an answer, but for broken connections and a server that is going down.
  return neverSent || (/^[0-9A-Z]{5}$/.test(code) && !/^(?:08|57P)/.test(code) && code !== 'EPIPE');
}
