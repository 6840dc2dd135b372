import { asFailure, CauseDown, Failure, PermanentFailure } from '@inkpost/failure/failure.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { ASSOCIATION_MINUTES } from '../limits.js';
import { AUTHORITY_REFUSED, type Authority, type AuthorityName, CONSENT_DENIED, type Tokens } from '../ports/authority.port.js';
import type { Association, AssociationStore } from './association.store.js';
import type { Attempt, AttemptsStore, AttemptState, StateProblem } from './attempts.store.js';
import { isApplication } from './mail-access.js';
import { settleConsent } from './settle-consent.js';
import type { TokenMailbox, TokenMailboxesStore } from './token-mailboxes.store.js';

const MINUTE_MS = 60_000;

/** What came of a sign-in. A no is a result: it is shown to whoever signed in. */
export interface AssociationOutcome {
  readonly outcome: 'associated' | StateProblem | 'settings-changed' | 'consent-denied' | 'other-account' | 'refused';
  readonly mailboxAddress: string;
  /** Who signed in. */
  readonly account: string;
  /** Of outcome refused: why, and what to do. */
  readonly problem: string;
}

/** How a mailbox and its account stand. */
export interface AssociationState {
  readonly state: 'not-needed' | 'none' | 'pending' | 'associated' | 'refused';
  readonly association: Association | undefined;
  readonly problem: string;
  readonly pending: AttemptState | undefined;
}

export interface AssociationParts {
  readonly mailboxes: TokenMailboxesStore;
  readonly associations: AssociationStore;
  readonly attempts: AttemptsStore;
  readonly authority: Authority;
  /** Where Inkpost is reached from outside. */
  readonly publicUrl: string;
  /** Called after each change: the watchers here follow it at once. */
  readonly onChange: () => void;
  readonly log: Log;
}

/** Ties mailboxes to their accounts: somebody signs in as the mailbox's owner and consents (SKY-082). */
export class Associations {
  constructor(private readonly parts: AssociationParts) {}

  /** To be registered at the authority, letter by letter. */
  redirectUri(authority: AuthorityName): string {
    return `${this.parts.publicUrl.replace(/\/$/, '')}/api/v0/oauth/${authority}/ack`;
  }

  /** The authority of a mailbox. Undefined: there is no such mailbox. Throws as `TokenMailboxesStore.find`. */
  async mailbox(mailboxId: string): Promise<TokenMailbox | undefined> {
    return this.parts.mailboxes.find(mailboxId);
  }

  async beginInBrowser(mailbox: TokenMailbox, begunBy: string, browserSha256: Uint8Array | undefined): Promise<{ readonly url: string; readonly expiresAt: Date }> {
    refuseApplication(mailbox);
    const { id: mailboxId, client, binding, settings: { address } } = mailbox;
    const { url, state, proof } = await this.parts.authority.beginSignIn(client, this.redirectUri(client.authority), address);
    const expiresAt = new Date(Date.now() + ASSOCIATION_MINUTES * MINUTE_MS);
    await this.parts.attempts.beginInBrowser({ mailboxId, begunBy, binding, expiresAt }, state, proof, browserSha256);
    return { url, expiresAt };
  }

  async beginAtDevice(mailbox: TokenMailbox, begunBy: string): Promise<{ readonly userCode: string; readonly verificationUri: string; readonly expiresAt: Date }> {
    refuseApplication(mailbox);
    const { id: mailboxId, client, binding } = mailbox;
    // "OAuth 2.0 for TV and Limited-Input Device Applications", allowed scopes.
    if (client.authority === 'google') throw new PermanentFailure('mailbox.no-device-code', 'Google grants no access to mail by a code for another device: associate the mailbox in a browser.');
    const begun = await this.parts.authority.beginDeviceSignIn(client);
    const expiresAt = new Date(Date.now() + Math.min(begun.expiresInSeconds * 1_000, 2 * ASSOCIATION_MINUTES * MINUTE_MS));
    await this.parts.attempts.beginAtDevice({ mailboxId, begunBy, binding, expiresAt }, begun);
    return { userCode: begun.userCode, verificationUri: begun.verificationUri, expiresAt };
  }

  /** Takes what a browser came back with: the query of the callback. Each state is taken once. */
  async finishInBrowser(authority: AuthorityName, callbackQuery: URLSearchParams, browserSha256: Uint8Array): Promise<AssociationOutcome> {
    const state = callbackQuery.get('state') ?? '';
    const attempt = await this.parts.attempts.take(state, browserSha256);
    if (typeof attempt === 'string') return { outcome: attempt, mailboxAddress: '', account: '', problem: '' };
    const callback = new URL(`${this.redirectUri(authority)}?${callbackQuery.toString()}`);
    return this.finish(attempt, ({ client }) => {
      if (client.authority !== authority) throw new PermanentFailure('mailbox.other-authority', 'The mailbox belongs to another authority.');
      return this.parts.authority.finishSignIn(client, callback, { state, proof: attempt.proof });
    });
  }

  /** Brings an attempt that has ended to its result, with what `signIn` gives, and leaves behind why it came to nothing. */
  async finish(attempt: Attempt, signIn: (mailbox: TokenMailbox) => Promise<Tokens>): Promise<AssociationOutcome> {
    let mailboxAddress = '';
    try {
      const mailbox = await this.parts.mailboxes.find(attempt.mailboxId);
      if (!mailbox) return { outcome: 'unknown-state', mailboxAddress, account: '', problem: '' };
      mailboxAddress = mailbox.settings.address;
      const settled = mailbox.binding === attempt.binding ? await this.settle(mailbox, attempt, await signIn(mailbox)) : { outcome: 'settings-changed' as const, account: '', problem: 'The settings of the mailbox were changed meanwhile.' };
      await this.parts.attempts.note(attempt.id, settled.problem);
      return { mailboxAddress, ...settled };
    } catch (error) {
      const failure = asFailure(error);
      await this.parts.attempts.note(attempt.id, failure.message);
      if (!(error instanceof Failure)) throw error;
      this.parts.log.warning('mailbox not associated', { mailbox: mailboxAddress, actor: attempt.begunBy, error: failure });
      return { outcome: failure.code === CONSENT_DENIED ? 'consent-denied' : 'refused', mailboxAddress, account: '', problem: failure.message };
    }
  }

  async remove({ id, client, settings: { address } }: TokenMailbox, actor: string): Promise<void> {
    const association = await this.parts.associations.find(id);
    await this.parts.associations.remove(id);
    this.parts.log.info('mailbox no longer associated', { mailbox: address, actor });
    this.parts.onChange();
    // It is forgotten here, whatever the authority says.
    if (association) await this.parts.authority.revoke(client, association.refreshToken()).catch((error: unknown) => this.parts.log.info('consent not revoked at the authority', { mailbox: address, error }));
  }

  async state(mailbox: TokenMailbox): Promise<AssociationState> {
    const nothing = { association: undefined, problem: '', pending: undefined };
    if (isApplication(mailbox.settings)) return { ...nothing, state: 'not-needed' };
    const [association, latest] = await Promise.all([this.parts.associations.find(mailbox.id), this.parts.attempts.latest(mailbox.id)]);
    const pending = latest && !latest.finished && latest.expiresAt > new Date() ? latest : undefined;
    if (association) {
      const problem = association.binding === mailbox.binding ? association.problem : 'Server, tenant, client or address were changed since: associate the mailbox again.';
      return { state: problem === '' ? 'associated' : 'refused', association, problem, pending };
    }
    if (pending) return { ...nothing, state: 'pending', pending };
    const unfinished = latest && !latest.finished ? 'Nobody signed in in time: begin again.' : '';
    return { ...nothing, state: 'none', problem: latest?.problem || unfinished };
  }

  private async settle(mailbox: TokenMailbox, attempt: Attempt, tokens: Tokens): Promise<Omit<AssociationOutcome, 'mailboxAddress'>> {
    const { id, binding, settings: { address } } = mailbox;
    const settled = settleConsent(tokens, address);
    if (settled.outcome === 'other-account') {
      return { outcome: settled.outcome, account: settled.account, problem: `${settled.account || 'Another account'} signed in, but the mailbox is ${address}. Sign in as ${address}.` };
    }
    if (settled.outcome === 'no-refresh-token') throw new CauseDown(AUTHORITY_REFUSED, 'The authority gave no refresh token: let the application have the permission offline_access.');
    const { account } = settled;
    const stored = await this.parts.associations.associate(id, { account, binding, tokens: settled.tokens, associatedBy: attempt.begunBy });
    if (!stored) throw new PermanentFailure('mailbox.gone', 'The mailbox was deleted meanwhile.');
    this.parts.log.info('mailbox associated', { mailbox: address, account, actor: attempt.begunBy });
    this.parts.onChange();
    return { outcome: 'associated', account, problem: '' };
  }
}

function refuseApplication({ settings }: TokenMailbox): void {
  if (isApplication(settings)) throw new PermanentFailure('mailbox.no-association', 'A mailbox with access "application" needs no association: the application reads it by itself.');
}
