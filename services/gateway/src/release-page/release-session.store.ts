import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { Language } from '../answer-route/browser.js';
import { LIMITS } from '../limits.js';
import { isSessionToken, newSessionToken, sessionTokenSha256 } from '../sessions/session-token.js';
import type { ReleaseSession } from './release-session.js';

type Row = ReleaseSession & Record<string, unknown>;

const COLUMNS = 'account_id AS "accountId", account, directory_id AS "directoryId", login, means, queue_id AS "queueId", language, idle_seconds AS "idleSeconds"';

// What ran out goes with each new one: there is no more of it than a busy hour makes.
const CREATE = `
  WITH over AS (DELETE FROM release_session WHERE expires_at <= now())
  INSERT INTO release_session (token_sha256, account_id, account, directory_id, login, means, queue_id, language, idle_seconds, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + make_interval(secs => $9::int + $10::int))`;

const USE = `
  UPDATE release_session SET expires_at = least(now() + make_interval(secs => idle_seconds + $2::int), began_at + make_interval(hours => $3)), language = coalesce($4, language)
  WHERE token_sha256 = $1 AND expires_at > now() RETURNING ${COLUMNS}`;

/** Who is at a release point. Shared by all gateways of an installation. */
export class ReleaseSessionStore {
  constructor(private readonly pool: Pool) {}

  /** Gives the token, which is nowhere else from then on. */
  async create({ accountId, account, directoryId, login, means, queueId, language, idleSeconds }: ReleaseSession): Promise<string> {
    const token = newSessionToken();
    await query(this.pool, 'release-session.create', CREATE, [sessionTokenSha256(token), accountId, account, directoryId, login, means, queueId, language, idleSeconds, LIMITS.releaseGraceSeconds]);
    return token;
  }

  /** Of whoever uses it, and so goes on. `language`: its own from now on. */
  async use(token: string | undefined, language?: Language): Promise<ReleaseSession | undefined> {
    if (token === undefined || !isSessionToken(token)) return undefined;
    const [session] = await query<Row>(this.pool, 'release-session.use', USE, [sessionTokenSha256(token), LIMITS.releaseGraceSeconds, LIMITS.releaseSessionHours, language ?? null]);
    return session;
  }

  /** Of a page that looks by itself whether somebody is still there: that is no use. */
  async look(token: string | undefined): Promise<ReleaseSession | undefined> {
    if (token === undefined || !isSessionToken(token)) return undefined;
    const [session] = await query<Row>(this.pool, 'release-session.look', `SELECT ${COLUMNS} FROM release_session WHERE token_sha256 = $1 AND expires_at > now()`, [sessionTokenSha256(token)]);
    return session;
  }

  /** Gives the one that ended. */
  async end(token: string | undefined): Promise<ReleaseSession | undefined> {
    if (token === undefined || !isSessionToken(token)) return undefined;
    const [session] = await query<Row>(this.pool, 'release-session.end', `DELETE FROM release_session WHERE token_sha256 = $1 RETURNING ${COLUMNS}`, [sessionTokenSha256(token)]);
    return session;
  }
}
