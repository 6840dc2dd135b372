import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { RepeatedRound } from '@inkpost/service/repeated-round.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { Problem } from '../answer-route/problem.js';
import type { GatewayConfig } from '../gateway.config.js';
import { type DoorName, DOORS_BY_DEFAULT, type InstalledCertificate, readInstalled, removeInstalled, stampOfInstalled, writeInstalled } from '../install-certificate/installed-certificate.js';
import { LIMITS } from '../limits.js';
import { type Certificate, keepCertificate, rootOf } from './certificate.js';

interface Kept {
  readonly own: Certificate;
  readonly installed: InstalledCertificate | undefined;
}

export interface DoorCertificate extends Certificate {
  /** Our own, which the door names when it asks for certificates. */
  readonly authorityPem: string;
}

/** The certificates of the doors, renewed and replaced while they are open: our own, and one that the owner of the installation may have brought for some of them. */
export class ServerCertificate {
  private kept: Promise<Kept> | undefined;
  private stamp = '';
  private readonly listeners: (() => Promise<void>)[] = [];
  private readonly renewals: RepeatedRound;
  private readonly glances: RepeatedRound;

  constructor(
    private readonly config: Pick<GatewayConfig, 'httpListen' | 'dspListen' | 'wscListen' | 'certificateNames' | 'dataFolder'>,
    private readonly log: Log,
  ) {
    this.renewals = new RepeatedRound({ everyMs: LIMITS.certificateLookMs, act: () => this.renew(), onError: (error) => log.error('certificate not renewed, the next round tries again', { error }) });
    this.glances = new RepeatedRound({ everyMs: LIMITS.certificateGlanceMs, act: () => this.glance(), onError: (error) => log.debug('certificate not looked at, the next round tries again', { error }) });
  }

  /** What a door shows. */
  async get(door: DoorName): Promise<DoorCertificate> {
    const { own, installed } = await this.all();
    const { certificatePem, keyPem } = installed?.doors.includes(door) ? installed : own;
    return { certificatePem, keyPem, authorityPem: new X509Certificate(rootOf(own)).toString() };
  }

  /** The first call finds or makes our own. */
  async all(): Promise<Kept> {
    this.kept ??= this.load().catch((error: unknown) => {
      this.kept = undefined;
      throw error;
    });
    return this.kept;
  }

  /** What others pin who come to the door between servers, in DER: our own authority, which signs for this installation alone. Throws a Problem where that door shows another certificate. */
  async exportAuthority(): Promise<Uint8Array> {
    const { own, installed } = await this.all();
    if (installed?.doors.includes('dsp')) {
      throw new Problem('conflict', 'The door between servers shows an installed certificate, whose authority signs for others too: it must not be pinned. Let others trust that authority and reach this server by a name of the certificate, or install it for the doors http and wsc only.');
    }
    return rootOf(own);
  }

  /** Shown from now on, here and, within seconds, by the other gateways of the folder. */
  async install(installed: InstalledCertificate): Promise<void> {
    await this.all();
    await writeInstalled(this.folder, installed);
    await this.glance();
  }

  /** Back to our own. */
  async uninstall(): Promise<void> {
    await removeInstalled(this.folder);
    await this.glance();
  }

  /** From now on `use` is called whenever a door may have to show another one. */
  watch(use: () => Promise<void>): void {
    this.listeners.push(use);
  }

  /** Begins to look for what is to be renewed, and for what others installed. */
  start(): void {
    this.renewals.start();
    this.glances.start();
  }

  async close(): Promise<void> {
    await Promise.all([this.renewals.stop(LIMITS.drainMs), this.glances.stop(LIMITS.drainMs)]);
  }

  private async renew(): Promise<void> {
    const own = await this.keepOwn();
    const { own: before, installed } = await this.all();
    if (own.certificatePem === before.certificatePem) return;
    await this.use({ own, installed });
    this.log.info('certificate renewed', {});
  }

  /** A look at the file's date, and into it where that is another one. */
  private async glance(): Promise<void> {
    const { own } = await this.all();
    if ((await stampOfInstalled(this.folder)) === this.stamp) return;
    const installed = await this.read();
    await this.use({ own, installed });
    this.log.info(installed ? 'installed certificate in use' : 'installed certificate removed', { doors: installed?.doors ?? [] });
  }

  private async load(): Promise<Kept> {
    return { own: await this.keepOwn(), installed: await this.read() };
  }

  private async use(kept: Kept): Promise<void> {
    this.kept = Promise.resolve(kept);
    for (const use of this.listeners) await use();
  }

  /** One that can't be used is told, and our own shown. */
  private async read(): Promise<InstalledCertificate | undefined> {
    this.stamp = await stampOfInstalled(this.folder);
    return readInstalled(this.folder).catch((error: unknown) => {
      this.log.error('installed certificate can not be used: install it again', { error });
      return undefined;
    });
  }

  private async keepOwn(): Promise<Certificate> {
    const { httpListen, dspListen, wscListen, certificateNames } = this.config;
    return keepCertificate(this.folder, [...[httpListen, dspListen, wscListen].map(({ host }) => host), ...certificateNames], new Date(), async (foreign) => {
      await writeInstalled(this.folder, { ...foreign, doors: DOORS_BY_DEFAULT, installedAt: new Date().toISOString(), installedBy: '' });
      this.log.info('certificate found in the folder and installed', { doors: DOORS_BY_DEFAULT });
    });
  }

  private get folder(): string {
    return join(this.config.dataFolder, 'certificate');
  }
}
