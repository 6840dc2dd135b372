import type { Client } from '@connectrpc/connect';
import type { ConfigurationService } from '@inkpost/contracts/admin/v1/configuration_pb.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { RepeatedRound } from '@inkpost/service/repeated-round.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { KEEP_OBJECTS_EVERY_MS } from '../limits.js';

const STOP_MS = 1_000;

/** What happened to this server's place is told to the owners of objects, also what SINGLEIFY did while they were stopped: again until all have answered. */
export class KeepObjects {
  private readonly rounds: RepeatedRound;

  constructor(
    private readonly pool: Pool,
    private readonly owners: readonly Client<typeof ConfigurationService>[],
    private readonly log: Log,
  ) {
    const onError = (error: unknown): void => log.warning('owners not told what becomes of received objects, tried again', { error });
    this.rounds = new RepeatedRound({ everyMs: KEEP_OBJECTS_EVERY_MS, act: () => this.tell(), onError });
  }

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop(STOP_MS);
  }

  /** There is something to tell. */
  soon(): void {
    this.rounds.now();
  }

  private async tell(): Promise<void> {
    const [wanted] = await query<{ as: string }>(this.pool, 'keep-objects.find', 'SELECT keep_as AS "as" FROM keep_objects', []);
    if (!wanted) return;
    const kept = await Promise.all(this.owners.map((owner) => owner.keepObjects({ as: wanted.as })));
    // Something newer may have come up meanwhile.
    await query(this.pool, 'keep-objects.done', 'DELETE FROM keep_objects WHERE keep_as = $1', [wanted.as]);
    this.log.info('objects from the master kept', { as: wanted.as, objects: kept.reduce((sum, { objects }) => sum + objects, 0) });
  }
}
