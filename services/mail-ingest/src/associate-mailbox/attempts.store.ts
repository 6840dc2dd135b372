import { createHash, randomUUID } from 'node:crypto';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { openSecret, sealSecret } from '@inkpost/secrets/seal.js';
import { AUTHORITY_LEASE_MS, DEVICE_POLL_BATCH } from '../limits.js';
import type { BegunDeviceSignIn } from '../ports/authority.port.js';

/** An association that was begun and has come back, or is asked for. */
export interface Attempt {
  readonly id: string;
  readonly mailboxId: string;
  readonly begunBy: string;
  /** What of the mailbox's settings it was begun for. */
  readonly binding: string;
  /** As the authority gave it: verifier and nonce, or the device code. */
  readonly proof: string;
}

/** How the last attempt of a mailbox stands. */
export interface AttemptState {
  readonly method: 'browser' | 'device';
  readonly begunAt: Date;
  readonly expiresAt: Date;
  readonly finished: boolean;
  readonly userCode: string;
  readonly verificationUri: string;
  /** Why it came to nothing; empty: it didn't. */
  readonly problem: string;
}

/** Why a state that a browser brings can't be taken. */
export type StateProblem = 'unknown-state' | 'used' | 'expired' | 'other-browser';

interface Begun {
  readonly mailboxId: string;
  readonly begunBy: string;
  readonly binding: string;
  readonly expiresAt: Date;
}

// One at a time for each mailbox. What is older than a day nobody asks about.
const BEGIN = `WITH replaced AS (UPDATE association_attempt SET finished_at = now() WHERE mailbox_id = $2 AND finished_at IS NULL),
    forgotten AS (DELETE FROM association_attempt WHERE mailbox_id = $2 AND finished_at IS NOT NULL AND begun_at < now() - interval '1 day')
  INSERT INTO association_attempt (id, mailbox_id, state_sha256, browser_sha256, sealed_proof, binding, user_code, verification_uri, begun_by, begun_at, expires_at, poll_at, poll_every_seconds)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now(), $10, now() + $11 * interval '1 s', $11)`;

const TAKE = `UPDATE association_attempt SET finished_at = now()
  WHERE state_sha256 = $1 AND finished_at IS NULL AND expires_at > now() AND (browser_sha256 IS NULL OR browser_sha256 = $2)
  RETURNING id, mailbox_id, begun_by, binding, sealed_proof`;

const WHY_NOT = 'SELECT finished_at IS NOT NULL AS finished, expires_at <= now() AS expired FROM association_attempt WHERE state_sha256 = $1';

// A replica that is killed while it asks leaves the attempt to another one.
const CLAIM_DUE = `UPDATE association_attempt SET poll_at = now() + $1 * interval '1 ms' WHERE id IN (
    SELECT id FROM association_attempt WHERE poll_at <= now() AND finished_at IS NULL AND expires_at > now() ORDER BY poll_at LIMIT $2 FOR UPDATE SKIP LOCKED)
  RETURNING id, mailbox_id, begun_by, binding, sealed_proof`;

const NEXT_DUE = 'SELECT min(poll_at) AS at FROM association_attempt WHERE finished_at IS NULL AND expires_at > now() AND poll_at IS NOT NULL';

const ASK_LATER = `UPDATE association_attempt SET poll_every_seconds = poll_every_seconds + $2, poll_at = now() + (poll_every_seconds + $2) * interval '1 s' WHERE id = $1`;

const END = 'UPDATE association_attempt SET finished_at = now() WHERE id = $1 AND finished_at IS NULL RETURNING id';

const NOTE = 'UPDATE association_attempt SET problem = $2 WHERE id = $1';

const LATEST = `SELECT state_sha256 IS NULL AS device, begun_at, expires_at, finished_at IS NOT NULL AS finished, user_code, verification_uri, problem
  FROM association_attempt WHERE mailbox_id = $1 ORDER BY begun_at DESC LIMIT 1`;

interface AttemptRow {
  readonly id: string;
  readonly mailbox_id: string;
  readonly begun_by: string;
  readonly binding: string;
  readonly sealed_proof: Buffer;
}

interface LatestRow {
  readonly device: boolean;
  readonly begun_at: Date;
  readonly expires_at: Date;
  readonly finished: boolean;
  readonly user_code: string | null;
  readonly verification_uri: string | null;
  readonly problem: string;
}

/** What an attempt's proof is sealed for. */
export function proofContext(attemptId: string): string {
  return `association-attempt/${attemptId}`;
}

/** A state is random: nobody guesses it from its hash. */
function stateSha256(state: string): Buffer {
  return createHash('sha256').update(state).digest();
}

/** Associations that were begun. Their proofs are sealed; each is taken once. */
export class AttemptsStore {
  constructor(
    private readonly pool: Pool,
    private readonly masterKey: MasterKey,
  ) {}

  /** In a browser. `browserSha256`: only the browser that brings what has this hash can finish it. */
  async beginInBrowser(begun: Begun, state: string, proof: string, browserSha256: Uint8Array | undefined): Promise<void> {
    await this.insert(begun, proof, [stateSha256(state), browserSha256 ?? null], [null, null, null]);
  }

  async beginAtDevice(begun: Begun, { deviceCode, userCode, verificationUri, pollEverySeconds }: BegunDeviceSignIn): Promise<void> {
    await this.insert(begun, deviceCode, [null, null], [userCode, verificationUri, pollEverySeconds]);
  }

  /** What was begun with this state, once. `browserSha256`: of what the browser brings. */
  async take(state: string, browserSha256: Uint8Array): Promise<Attempt | StateProblem> {
    const sha256 = stateSha256(state);
    const [row] = await query<AttemptRow & Record<string, unknown>>(this.pool, 'attempt.take', TAKE, [sha256, browserSha256]);
    if (row) return this.opened(row);
    const [known] = await query<{ finished: boolean; expired: boolean }>(this.pool, 'attempt.why-not', WHY_NOT, [sha256]);
    if (!known) return 'unknown-state';
    if (known.finished) return 'used';
    return known.expired ? 'expired' : 'other-browser';
  }

  /** Attempts at devices that it is time to ask the authority about; nobody else asks meanwhile. */
  async claimDue(): Promise<Attempt[]> {
    const rows = await query<AttemptRow & Record<string, unknown>>(this.pool, 'attempt.claim-due', CLAIM_DUE, [AUTHORITY_LEASE_MS, DEVICE_POLL_BATCH]);
    return rows.map((row) => this.opened(row));
  }

  /** Undefined: there is none to ask about. */
  async nextDue(): Promise<Date | undefined> {
    const [row] = await query<{ at: Date | null }>(this.pool, 'attempt.next-due', NEXT_DUE, []);
    return row?.at ?? undefined;
  }

  async askLater(id: string, slowerBySeconds: number): Promise<void> {
    await query(this.pool, 'attempt.ask-later', ASK_LATER, [id, slowerBySeconds]);
  }

  /** True: from now on it is this caller's alone. */
  async end(id: string): Promise<boolean> {
    return (await query(this.pool, 'attempt.end', END, [id])).length === 1;
  }

  /** Of one that has ended: why it came to nothing; empty: it didn't. */
  async note(id: string, problem: string): Promise<void> {
    await query(this.pool, 'attempt.note', NOTE, [id, problem]);
  }

  async latest(mailboxId: string): Promise<AttemptState | undefined> {
    const [row] = await query<LatestRow & Record<string, unknown>>(this.pool, 'attempt.latest', LATEST, [mailboxId]);
    if (!row) return undefined;
    const { device, begun_at: begunAt, expires_at: expiresAt, finished, user_code: userCode, verification_uri: verificationUri, problem } = row;
    return { method: device ? 'device' : 'browser', begunAt, expiresAt, finished, userCode: userCode ?? '', verificationUri: verificationUri ?? '', problem };
  }

  private async insert({ mailboxId, begunBy, binding, expiresAt }: Begun, proof: string, browser: readonly unknown[], device: readonly [string | null, string | null, number | null]): Promise<void> {
    const id = randomUUID();
    const [userCode, verificationUri, pollEverySeconds] = device;
    const sealed = sealSecret(this.masterKey, proofContext(id), proof);
    await query(this.pool, 'attempt.begin', BEGIN, [id, mailboxId, ...browser, sealed, binding, userCode, verificationUri, begunBy, expiresAt, pollEverySeconds]);
  }

  private opened({ id, mailbox_id: mailboxId, begun_by: begunBy, binding, sealed_proof: sealedProof }: AttemptRow): Attempt {
    return { id, mailboxId, begunBy, binding, proof: openSecret(this.masterKey, proofContext(id), sealedProof) };
  }
}
