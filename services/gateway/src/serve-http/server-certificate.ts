import { join } from 'node:path';
import { RepeatedRound } from '@inkpost/service/repeated-round.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { GatewayConfig } from '../gateway.config.js';
import { LIMITS } from '../limits.js';
import { type Certificate, keepCertificate, rootOf } from './certificate.js';

/** The certificate of all doors, renewed while they are open. */
export class ServerCertificate {
  private current: Certificate | undefined;
  private readonly listeners: ((certificate: Certificate) => void)[] = [];
  private readonly round: RepeatedRound;

  constructor(
    private readonly config: Pick<GatewayConfig, 'httpListen' | 'dspListen' | 'wscListen' | 'certificateNames' | 'dataFolder'>,
    private readonly log: Log,
  ) {
    this.round = new RepeatedRound({ everyMs: LIMITS.certificateLookMs, act: () => this.look(), onError: (error) => log.error('certificate not renewed, the next round tries again', { error }) });
  }

  /** The first call finds or makes it. */
  async get(): Promise<Certificate> {
    this.current ??= await this.keep();
    return this.current;
  }

  /** What others pin, in DER. */
  async exportAuthority(): Promise<Uint8Array> {
    return rootOf(await this.get());
  }

  /** From now on `use` is given each new one. */
  watch(use: (certificate: Certificate) => void): void {
    this.listeners.push(use);
    if (this.listeners.length === 1) this.round.start();
  }

  async close(): Promise<void> {
    await this.round.stop(LIMITS.drainMs);
  }

  private async look(): Promise<void> {
    const kept = await this.keep();
    if (kept.certificatePem === this.current?.certificatePem) return;
    this.current = kept;
    for (const use of this.listeners) use(kept);
    this.log.info('certificate renewed', {});
  }

  private async keep(): Promise<Certificate> {
    const { httpListen, dspListen, wscListen, certificateNames, dataFolder } = this.config;
    return keepCertificate(join(dataFolder, 'certificate'), [...[httpListen, dspListen, wscListen].map(({ host }) => host), ...certificateNames], new Date());
  }
}
