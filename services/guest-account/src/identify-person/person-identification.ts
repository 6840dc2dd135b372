import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, TransientFailure } from '@inkpost/failure/failure.js';
import { sourceNetwork } from '@inkpost/service/source-network.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { cardHash } from '../guests/guest-secrets.js';
import type { AccountCardStore } from '../keep-cards/account-card.store.js';
import type { KeyedHash } from '../keyed-hash/keyed-hash.js';
import { REFUSED_AFTER_MS } from '../limits.js';
import type { PinStore } from '../set-pin/pin.store.js';
import type { AccountFinder, FoundAccount } from '../sign-in/account-finder.js';
import { loginKey, parseAccountName } from '../sign-in/account-name.js';
import { pinAttempt } from '../sign-in/count-attempt.js';
import type { SignInDelayStore } from '../sign-in/sign-in-delay.store.js';

/** Who somebody says to be: a login, as at a sign-in, or a card's number, however it is written. */
export type SaidToBe = { readonly case: 'login'; readonly value: string } | { readonly case: 'cardNumber'; readonly value: string };

export interface IdentificationAttempt {
  readonly who: SaidToBe;
  readonly pin: string;
  readonly releasePoint: string;
  /** IP address that the attempt comes from. */
  readonly source: string;
}

export type Identification =
  | { readonly outcome: 'identified'; readonly found: FoundAccount }
  | { readonly outcome: 'refused' }
  | { readonly outcome: 'locked-out'; readonly retryAfterSeconds: number };

interface Parts {
  readonly accounts: AccountFinder;
  readonly cards: AccountCardStore;
  readonly pins: PinStore;
  readonly hash: KeyedHash;
  readonly delays: SignInDelayStore;
  readonly log: Log;
}

/** Proves at a release point who somebody is, by a PIN. Who is unknown, locked, or without a PIN is refused as with a wrong one, after the same time. */
export class PersonIdentification {
  constructor(private readonly parts: Parts) {}

  /** Throws a `Failure` while the directory that would know the account can't be asked. */
  async identify({ who, pin, releasePoint, source }: IdentificationAttempt): Promise<Identification> {
    const { delays, log } = this.parts;
    const attempt = pinAttempt(this.keyOf(who), releasePoint, sourceNetwork(source));
    const admission = await delays.count(attempt);
    if (!admission.admitted) return { outcome: 'locked-out', retryAfterSeconds: admission.retryAfterSeconds };
    const refusedAt = sleep(REFUSED_AFTER_MS);
    const found = await this.prove(who, pin).catch(async (error: unknown) => {
      if (!(error instanceof Failure)) throw error;
      // Nothing was guessed.
      await delays.forgive(admission.attempts);
      log.warning('identification waits for a directory', { error });
      throw new TransientFailure('identification.directory-down', 'The directory that may know this account does not answer. Try again in a moment, or use the code from the mail.', { cause: error });
    });
    if (!found) {
      log.warning('identification refused', { means: who.case === 'login' ? 'login-pin' : 'card-pin', releasePoint, source });
      await refusedAt;
      return { outcome: 'refused' };
    }
    await delays.remember(attempt, admission.attempts);
    return { outcome: 'identified', found };
  }

  private async prove(who: SaidToBe, pin: string): Promise<FoundAccount | undefined> {
    const found = who.case === 'login' ? await this.parts.accounts.byName(parseAccountName(who.value), 'with-or-without-password') : await this.byCard(who.value);
    // Of nobody too it is looked for a PIN, so that it takes as long.
    const isRight = await this.parts.pins.isRight(found?.person.accountId ?? randomUUID(), pin);
    return found && isRight && !found.person.locked ? found : undefined;
  }

  private async byCard(cardNumber: string): Promise<FoundAccount | undefined> {
    const { accounts, cards, hash } = this.parts;
    const holder = await cards.holderOf(cardHash(cardNumber, hash));
    if (!holder) return undefined;
    const found = holder.directoryId !== null && holder.login !== null
      ? await accounts.inDirectory(holder.directoryId, holder.login)
      : await accounts.byAddress(holder.address ?? '', holder.directoryName ?? '');
    // Somebody else may have the login, or the address, by now.
    return found && typeof found !== 'string' && found.person.accountId === holder.accountId ? found : undefined;
  }

  /** By which attempts on one account are counted together. */
  private keyOf(who: SaidToBe): string {
    return who.case === 'login' ? loginKey(parseAccountName(who.value).login) : `card ${cardHash(who.value, this.parts.hash).toString('hex')}`;
  }
}
