import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { OnModuleDestroy } from '@nestjs/common';
import { asFailure, CauseDown, type Failure, PermanentFailure } from '@inkpost/failure/failure.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { REFRESH_LOOK_EVERY_MS, REFRESH_STOP_MAX_MS, REFRESH_STORE_MAX_MS } from '../limits.js';
import { AUTHORITY_UNREACHABLE, type Authority, type Tokens } from '../ports/authority.port.js';
import { NEEDS_ASSOCIATION } from '../ports/mail-source.port.js';
import type { Association, AssociationStore } from './association.store.js';
import { KeptUntil } from './kept-until.js';
import { isApplication } from './mail-access.js';
import type { TokenMailbox, TokenMailboxesStore } from './token-mailboxes.store.js';
import { tokenTimes } from './token-times.js';

interface ApplicationToken {
  readonly accessToken: string;
  /** Of whom it was got; with another client or secret it is asked for anew. */
  readonly client: string;
}

/** The manual's words (TRB-008). */
const FAILED_AT = { office365: 'EntraId connection failed', google: 'Google connection failed' } as const;

/**
 * The access tokens of mailboxes. A grant whose refresh token is replaced at each use is lost when two use it: one refresh at a time
 * per mailbox, in this process by a shared promise, among replicas by a lease on its row. What comes back is stored before it is used.
 */
export class AccessTokens implements OnModuleDestroy {
  private readonly refresher = randomUUID();
  private readonly underWay = new Map<string, Promise<string>>();
  private readonly applicationTokens = new KeptUntil<ApplicationToken>();
  /** Of a mailbox, what was logged last. */
  private readonly failing = new Map<string, string>();
  private stopping = false;

  constructor(
    private readonly mailboxes: TokenMailboxesStore,
    private readonly associations: AssociationStore,
    private readonly authority: Authority,
    private readonly log: Log,
  ) {}

  /**
   * A token that is valid now. `refused`: one that the mail server didn't take, though it hasn't run out. Throws a `Failure` whose message
   * says what is wrong: codes `mailbox.needs-association`, `mailbox.client-secret-refused`, `mailbox.two-factor-demanded`,
   * `mailbox.authority-unreachable`, `mailbox.authority-refused`.
   */
  async accessToken(mailboxId: string, refused?: string): Promise<string> {
    const token = await (this.underWay.get(mailboxId) ?? this.begin(mailboxId, refused));
    // Somebody else asked, who didn't know yet that it is refused.
    return token === refused ? (this.underWay.get(mailboxId) ?? this.begin(mailboxId, refused)) : token;
  }

  /** What an authority is asked at the moment is waited for: its answer may hold the only refresh token that is still good. */
  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    await Promise.race([Promise.allSettled(this.underWay.values()), pause(REFRESH_STOP_MAX_MS, undefined, { ref: false })]);
  }

  private begin(mailboxId: string, refused: string | undefined): Promise<string> {
    const asked = this.obtain(mailboxId, refused).finally(() => this.underWay.delete(mailboxId));
    this.underWay.set(mailboxId, asked);
    return asked;
  }

  private async obtain(mailboxId: string, refused: string | undefined): Promise<string> {
    const mailbox = await this.mailboxes.find(mailboxId);
    if (!mailbox) {
      this.failing.delete(mailboxId);
      throw new PermanentFailure('mailbox.gone', 'The mailbox was deleted.');
    }
    try {
      const token = await (isApplication(mailbox.settings) ? this.ofApplication(mailbox, refused) : this.ofPerson(mailbox, refused));
      if (this.failing.delete(mailboxId)) this.log.info('mailbox has access again', { mailbox: mailbox.settings.address });
      return token;
    } catch (error) {
      const failure = asFailure(error);
      this.tell(mailbox, failure);
      throw failure;
    }
  }

  private async ofApplication({ id, client }: TokenMailbox, refused: string | undefined): Promise<string> {
    const known = this.applicationTokens.get(id);
    const name = JSON.stringify([client.tenantId, client.clientId, client.clientSecret, client.scopes]);
    if (known && known.client === name && known.accessToken !== refused) return known.accessToken;
    const tokens = await this.authority.grantToApplication(client);
    this.applicationTokens.set(id, { accessToken: tokens.accessToken, client: name }, tokenTimes(tokens, new Date()).freshUntil.getTime());
    return tokens.accessToken;
  }

  private async ofPerson(mailbox: TokenMailbox, refused: string | undefined): Promise<string> {
    for (;;) {
      const association = await this.associations.find(mailbox.id);
      if (!association) throw new CauseDown(NEEDS_ASSOCIATION, 'The mailbox is not associated with its account yet: associate it.');
      if (association.binding !== mailbox.binding) throw new CauseDown(NEEDS_ASSOCIATION, 'Server, tenant, client or address were changed since the mailbox was associated with its account: associate it again.');
      const token = association.accessToken();
      if (association.freshUntil > new Date() && token !== refused) return token;
      if (await this.associations.claimRefresh(mailbox.id, association.version, this.refresher)) {
        const refreshed = await this.refresh(mailbox, association, refused);
        if (refreshed !== undefined) return refreshed;
      } else {
        // Another replica is at it.
        await pause(REFRESH_LOOK_EVERY_MS);
        if (this.stopping) throw new CauseDown('mailbox.stopping', 'This replica stops.');
      }
    }
  }

  /** Undefined: the mailbox was associated anew meanwhile. */
  private async refresh({ id, client }: TokenMailbox, association: Association, refused: string | undefined): Promise<string | undefined> {
    let tokens: Tokens;
    try {
      tokens = await this.authority.refresh(client, association.refreshToken());
    } catch (error) {
      const failure = asFailure(error);
      await this.associations.giveUpRefresh(id, this.refresher, failure.message);
      const old = association.accessToken();
      if (failure.code === AUTHORITY_UNREACHABLE && association.accessTokenExpiresAt > new Date() && old !== refused) return old;
      throw failure;
    }
    return (await this.keep(id, association.version, tokens)) ? tokens.accessToken : undefined;
  }

  /** The old refresh token may be worth nothing any more: a database that is away is waited for. */
  private async keep(mailboxId: string, version: number, tokens: Tokens): Promise<boolean> {
    for (const deadline = performance.now() + REFRESH_STORE_MAX_MS; ; ) {
      try {
        return await this.associations.keepRefreshed(mailboxId, version, tokens);
      } catch (error) {
        if (!(error instanceof CauseDown) || performance.now() > deadline) throw error;
        await pause(REFRESH_LOOK_EVERY_MS);
      }
    }
  }

  private tell({ id, settings: { address }, client: { authority } }: TokenMailbox, failure: Failure): void {
    // What no authority has said, such as a missing association, its watcher tells.
    if (failure.fields['authority'] === undefined || this.failing.get(id) === failure.code) return;
    this.failing.set(id, failure.code);
    const facts = { mailbox: address, error: failure };
    // What an authority refuses a person must put right; one that is away comes back.
    if (failure.code === AUTHORITY_UNREACHABLE) this.log.warning(FAILED_AT[authority], facts);
    else this.log.error(FAILED_AT[authority], facts);
  }
}
