import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, TransientFailure } from '@inkpost/failure/failure.js';
import { sourceNetwork } from '@inkpost/service/source-network.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { Administrator } from '../gen/prisma/client.js';
import { DIRECTORY_SIGN_INS_MAX, REFUSED_AFTER_MS } from '../limits.js';
import type { AccountFinder, FoundAccount } from './account-finder.js';
import { type AccountName, loginKey, parseAccountName } from './account-name.js';
import { passwordVersionOf } from './account-standing.js';
import type { AdministratorStore } from './administrator.store.js';
import { passwordAttempt } from './count-attempt.js';
import { MAINTENANCE_ACCOUNT } from './maintenance-account.js';
import { hashPassword, isOutdated, verifyPassword } from './password-hash.js';
import type { SignInDelayStore } from './sign-in-delay.store.js';

export interface Credentials {
  readonly account: string;
  readonly password: string;
  /** IP address that the attempt comes from. */
  readonly source: string;
}

/** Who has proven to be it. */
export type ProvenAccount = { readonly kind: 'maintenance'; readonly administrator: Administrator } | ({ readonly kind: 'person'; readonly passwordVersion: number } & FoundAccount);

export type CredentialCheck =
  | { readonly outcome: 'proven'; readonly account: ProvenAccount }
  | { readonly outcome: 'refused' }
  | { readonly outcome: 'locked-out'; readonly retryAfterSeconds: number };

/** What an attempt led to: who, and of a refused one what the log says. */
type Proof = ProvenAccount | { readonly kind: 'refused'; readonly known: string };

/**
 * Proves who somebody is; slower and slower for who guesses. Whether an account is unknown, locked, without a password, or has another one
 * is told to nobody, and takes the same time.
 */
export class CredentialChecker {
  /** Verified for an unknown account, so that it costs as much as a known one. */
  private readonly decoyHash = hashPassword(randomBytes(16).toString('hex'));
  private asked = 0;

  constructor(
    private readonly administrators: AdministratorStore,
    private readonly accounts: AccountFinder,
    private readonly delays: SignInDelayStore,
    private readonly log: Log,
  ) {}

  /** Throws a `Failure` while the directory that would know the account can't be asked. */
  async check({ account, password, source }: Credentials): Promise<CredentialCheck> {
    const name = parseAccountName(account);
    const attempt = passwordAttempt(loginKey(name.login), sourceNetwork(source));
    const admission = await this.delays.count(attempt);
    if (!admission.admitted) return { outcome: 'locked-out', retryAfterSeconds: admission.retryAfterSeconds };
    const refusedAt = sleep(REFUSED_AFTER_MS);
    const proof = await this.prove(name, attempt.account, password).catch(async (error: unknown) => {
      // Nothing was guessed.
      if (error instanceof Failure) await this.delays.forgive(admission.attempts);
      throw error;
    });
    if (proof.kind === 'refused') {
      // An unknown name is not logged: people type passwords into the wrong field.
      this.log.warning('sign-in refused', { account: proof.known, source });
      await refusedAt;
      return { outcome: 'refused' };
    }
    await this.delays.remember(attempt, admission.attempts);
    return { outcome: 'proven', account: proof };
  }

  private async prove(name: AccountName, key: string, password: string): Promise<Proof> {
    if (name.directory === undefined && key === MAINTENANCE_ACCOUNT) return this.proveMaintenance(password);
    if (this.asked >= DIRECTORY_SIGN_INS_MAX) throw new TransientFailure('sign-in.busy', 'Many people are signing in at this moment. Try again in a few seconds.');
    this.asked += 1;
    try {
      return await this.provePerson(name, password);
    } catch (error) {
      throw error instanceof Failure ? this.notAsked(error) : error;
    } finally {
      this.asked -= 1;
    }
  }

  private async proveMaintenance(password: string): Promise<Proof> {
    const administrator = await this.administrators.find(MAINTENANCE_ACCOUNT);
    const isRight = await verifyPassword(administrator?.passwordHash ?? (await this.decoyHash), password);
    if (!administrator || !isRight) return { kind: 'refused', known: MAINTENANCE_ACCOUNT };
    if (isOutdated(administrator.passwordHash)) await this.administrators.replaceHash(administrator.name, administrator.passwordHash, await hashPassword(password));
    return { kind: 'maintenance', administrator };
  }

  private async provePerson(name: AccountName, password: string): Promise<Proof> {
    const found = await this.accounts.byName(name);
    if (!found) {
      await verifyPassword(await this.decoyHash, password);
      return { kind: 'refused', known: '(unknown)' };
    }
    const { directory, people, person } = found;
    // Read before the proof: if the password changes meanwhile, it is the older one that was proven.
    const passwordVersion = await passwordVersionOf(found);
    // No directory is asked without a password: some take that for nobody in particular, and let them in (RFC 4513, 5.1.2).
    const isRight = password !== '' && (await people.checkCredentials(person.login, password));
    return isRight && !person.locked ? { kind: 'person', ...found, passwordVersion } : { kind: 'refused', known: `${directory.name}\\${person.login}` };
  }

  /** Which directories there are is nobody's business who isn't signed in. */
  private notAsked(error: Failure): TransientFailure {
    this.log.warning('sign-in waits for a directory', { error });
    return new TransientFailure('sign-in.directory-down', 'The directory that may know this account does not answer. Try again in a moment; accounts of another directory sign in as DIRECTORY\\login.', { cause: error });
  }
}
