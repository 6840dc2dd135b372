import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { outranks, verifySuccession } from '@inkpost/trust/succession.js';
import type { Domain } from './domain.js';
import { SUCCESSION_HOLDS_MS } from '../limits.js';
import type { DomainStore } from './domain.store.js';

/**
 * Nothing is followed twice, nor back: the condition is the database's. What a server that was the master shared comes from the new one now, and is changed there. Another master counts
 * revisions on from what it knew itself: a slave's number means nothing to it, so that all ask for the members anew.
 */
const FOLLOW = `WITH before AS (SELECT role FROM domain),
  followed AS (
    UPDATE domain SET epoch = $1::bigint, master_id = $2::uuid, succession = $3, role = CASE WHEN $2::uuid = (SELECT server_id FROM server) THEN 'master' ELSE 'slave' END,
      revision = CASE WHEN $2::uuid = (SELECT server_id FROM server) THEN revision ELSE 0 END
    WHERE domain_id = $4 AND (epoch, master_id) < ($1::bigint, $2::uuid) RETURNING role),
  kept AS (
    INSERT INTO keep_objects (keep_as) SELECT 'received' FROM before, followed WHERE before.role = 'master' AND followed.role = 'slave'
    ON CONFLICT (only_row) DO UPDATE SET keep_as = excluded.keep_as)
  UPDATE member SET role = CASE WHEN server_id = $2::uuid THEN 'master' ELSE 'slave' END, uri = CASE WHEN server_id = $2::uuid THEN $5 ELSE uri END
  WHERE EXISTS (SELECT FROM followed)`;

/** Follows a newer master, from whomever it is heard: the domain's authority signed it. So a master that was lost and comes back becomes a slave. */
export class Succeed {
  private readonly listeners: ((domain: Domain) => void)[] = [];
  private known: { readonly statement: Promise<string>; readonly until: number } | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly domains: Pick<DomainStore, 'current'>,
    private readonly log: Log,
  ) {}

  /** Who is master, as this server knows it, or knew it a second ago; empty: it is in no domain. Asked with each call. */
  async statement(): Promise<string> {
    if (!this.known || this.known.until < performance.now()) {
      const statement = this.domains.current().then((domain) => domain?.succession ?? '');
      this.known = { statement, until: performance.now() + SUCCESSION_HOLDS_MS };
      statement.catch(() => {
        this.known = undefined;
      });
    }
    return this.known.statement;
  }

  /** `statement`: as `signSuccession` made it; empty or not to be believed: nothing happens. Gives whether another one is master now. */
  async hear(statement: string): Promise<boolean> {
    if (statement === '' || statement === (await this.statement())) return false;
    const domain = await this.domains.current();
    if (!domain || domain.succession === statement) return false;
    const said = await verifySuccession(statement, domain.authorityCertificatePem, domain.domainId);
    if (!said || !outranks(said, domain)) return false;
    await query(this.pool, 'domain.follow', FOLLOW, [said.epoch, said.masterId, statement, domain.domainId, said.masterUri]);
    this.known = undefined;
    const now = await this.domains.current();
    if (!now) return false;
    this.log.warning('another server is the master of the domain now', { epoch: now.epoch, masterId: now.masterId, role: now.role });
    for (const listener of this.listeners) listener(now);
    return true;
  }

  /** Called after each change of the master that this process hears of. */
  watch(listener: (domain: Domain) => void): void {
    this.listeners.push(listener);
  }
}
