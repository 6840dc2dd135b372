import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { openSecret, sealSecret } from '@inkpost/secrets/seal.js';
import { proofContext } from '../domain/sealed-keys.js';
import { PROOF_MS, TICKET_MS } from '../limits.js';

export type TicketVerdict = 'good' | 'used' | 'over' | 'unknown' | 'of-another';

const GIVE = `WITH over AS (DELETE FROM admission_ticket WHERE expires_at < now() - interval '1 day')
  INSERT INTO admission_ticket (ticket_sha256, server_id, expires_at) VALUES ($1, $2, now() + make_interval(secs => $3))`;

/** Only one of several that come at once finds it unused. */
const USE = `WITH found AS (SELECT server_id, used_at, expires_at FROM admission_ticket WHERE ticket_sha256 = $1),
    used AS (UPDATE admission_ticket SET used_at = now() WHERE ticket_sha256 = $1 AND server_id = $2 AND used_at IS NULL AND expires_at > now() RETURNING 1 AS one)
  SELECT (SELECT one FROM used) IS NOT NULL AS good, server_id = $2 AS own, used_at IS NOT NULL AS used, expires_at <= now() AS over FROM found`;

const KEEP = `WITH over AS (DELETE FROM admission_proof WHERE expires_at < now())
  INSERT INTO admission_proof (proof_id, sealed_state, expires_at) VALUES ($1, $2, now() + make_interval(secs => $3))`;

/** Tickets to join, and proofs of the password that are under way: each holds once, for all replicas. */
export class AdmissionStore {
  constructor(
    private readonly pool: Pool,
    private readonly masterKey: MasterKey,
  ) {}

  /** Gives the ticket, of which only a digest is kept. */
  async giveTicket(serverId: string): Promise<string> {
    const ticket = randomBytes(32).toString('base64url');
    await query(this.pool, 'ticket.give', GIVE, [digestOf(ticket), serverId, TICKET_MS / 1_000]);
    return ticket;
  }

  async useTicket(ticket: string, serverId: string): Promise<TicketVerdict> {
    const [row] = await query<{ good: boolean; own: boolean; used: boolean; over: boolean }>(this.pool, 'ticket.use', USE, [digestOf(ticket), serverId]);
    if (!row) return 'unknown';
    if (row.good) return 'good';
    if (!row.own) return 'of-another';
    return row.over ? 'over' : 'used';
  }

  /** Gives the proof's id. */
  async keepProof(state: string): Promise<string> {
    const proofId = randomUUID();
    await query(this.pool, 'proof.keep', KEEP, [proofId, sealSecret(this.masterKey, proofContext(proofId), state), PROOF_MS / 1_000]);
    return proofId;
  }

  /** Undefined: there is none, it was used, or it took too long. */
  async takeProof(proofId: string): Promise<string | undefined> {
    const [row] = await query<{ state: Buffer; good: boolean }>(this.pool, 'proof.take', 'DELETE FROM admission_proof WHERE proof_id::text = $1 RETURNING sealed_state AS state, expires_at > now() AS good', [proofId]);
    return row?.good ? openSecret(this.masterKey, proofContext(proofId), row.state) : undefined;
  }
}

function digestOf(ticket: string): Buffer {
  return createHash('sha256').update(ticket).digest();
}
