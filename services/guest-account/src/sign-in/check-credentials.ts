import { randomBytes } from 'node:crypto';
import { sourceNetwork } from '@inkpost/service/source-network.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { Administrator } from '../gen/prisma/client.js';
import type { AdministratorStore } from './administrator.store.js';
import { hashPassword, isOutdated, verifyPassword } from './password-hash.js';
import type { SignInDelayStore } from './sign-in-delay.store.js';

export interface Credentials {
  readonly account: string;
  readonly password: string;
  /** IP address that the attempt comes from. */
  readonly source: string;
}

export type CredentialCheck =
  | { readonly outcome: 'proven'; readonly administrator: Administrator }
  | { readonly outcome: 'refused' }
  | { readonly outcome: 'locked-out'; readonly retryAfterSeconds: number };

/** Proves who somebody is; slower and slower for who guesses. */
export class CredentialChecker {
  /** Verified for an unknown account, so that it takes as long as a known one. */
  private readonly decoyHash = hashPassword(randomBytes(16).toString('hex'));

  constructor(
    private readonly administrators: AdministratorStore,
    private readonly delays: SignInDelayStore,
    private readonly log: Log,
  ) {}

  async check({ account, password, source }: Credentials): Promise<CredentialCheck> {
    const name = account.trim().toLowerCase();
    const network = sourceNetwork(source);
    const admission = await this.delays.count(name, network);
    if (!admission.admitted) return { outcome: 'locked-out', retryAfterSeconds: admission.retryAfterSeconds };
    const administrator = await this.administrators.find(name);
    const isRight = await verifyPassword(administrator?.passwordHash ?? (await this.decoyHash), password);
    if (!administrator || !isRight) {
      // An unknown name is not logged: people type passwords into the wrong field.
      this.log.warning('sign-in refused', { account: administrator?.name ?? '(unknown)', source });
      return { outcome: 'refused' };
    }
    await this.delays.forgive(name, network);
    if (isOutdated(administrator.passwordHash)) await this.administrators.replaceHash(name, administrator.passwordHash, await hashPassword(password));
    return { outcome: 'proven', administrator };
  }
}
