import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type {
  CreateMailboxRequest, DeleteMailboxRequest, GetMailboxRequest, ListMailboxesRequest, MailboxService, UpdateMailboxRequest,
} from '@inkpost/contracts/admin/v1/mailboxes_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { notFound } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { CanaryStore } from '../canary/canary.store.js';
import type { IsOffered } from './check-settings.js';
import { givenSettings } from './given-settings.js';
import type { Mailbox } from './mailbox.js';
import type { MailboxFinder } from './mailbox-finder.js';
import type { MailboxHealthStore } from './mailbox-health.store.js';
import { toWireMailbox } from './mailbox-wire.js';
import type { Conflict, MailboxesStore } from './mailboxes.store.js';

const CONFLICTS: Readonly<Record<Conflict['conflict'], string>> = {
  address: 'Another mailbox has this address already.',
  folder: 'Another mailbox watches this folder of this account already.',
};

export interface MailboxesRpcParts {
  readonly store: MailboxesStore;
  readonly finder: MailboxFinder;
  readonly health: MailboxHealthStore;
  readonly canaries: Pick<CanaryStore, 'latest'>;
  readonly isOffered: IsOffered;
  /** Called after each change: the watchers here follow it at once. */
  readonly onChange: () => void;
  readonly log: Log;
}

/** The watched addresses, for administrators (SKY-044, SKY-075 to SKY-081). */
export class MailboxesRpc implements ServiceImpl<typeof MailboxService> {
  constructor(private readonly parts: MailboxesRpcParts) {}

  async listMailboxes(_request: ListMailboxesRequest, context: HandlerContext) {
    authorize(context, 'configuration.read');
    return { mailboxes: await this.shown(await this.parts.store.list()) };
  }

  async getMailbox({ mailboxId }: GetMailboxRequest, context: HandlerContext) {
    authorize(context, 'configuration.read');
    return this.answer(await this.parts.finder.existing(mailboxId));
  }

  async createMailbox(request: CreateMailboxRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    const mailbox = unlessConflict(await this.parts.store.create(givenSettings(request.settings, this.parts.isOffered)));
    this.changed('mailbox created', mailbox, actor);
    return this.answer(mailbox);
  }

  async updateMailbox(request: UpdateMailboxRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    const before = await this.parts.finder.existing(request.mailboxId);
    const mailbox = unlessConflict(await this.parts.store.update(before.id, givenSettings(request.settings, this.parts.isOffered, before)));
    if (!mailbox) throw notFound('mailbox', request.mailboxId);
    this.changed('mailbox changed', mailbox, actor);
    return this.answer(mailbox);
  }

  async deleteMailbox({ mailboxId }: DeleteMailboxRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    const mailbox = await this.parts.finder.existing(mailboxId);
    if (!(await this.parts.store.remove(mailbox.id))) throw notFound('mailbox', mailboxId);
    this.changed('mailbox deleted', mailbox, actor);
    return {};
  }

  private changed(event: string, { id, settings: { address } }: Mailbox, actor: string): void {
    this.parts.log.info(event, { mailboxId: id, address, actor });
    this.parts.onChange();
  }

  private async answer(mailbox: Mailbox) {
    const [shown] = await this.shown([mailbox]);
    return shown ? { mailbox: shown } : {};
  }

  private async shown(mailboxes: readonly Mailbox[]) {
    const now = new Date();
    const [health, latest] = await Promise.all([this.parts.health.health(mailboxes, now), this.parts.canaries.latest(mailboxes.map(({ id }) => id))]);
    const canaries = new Map(latest.map((canary) => [canary.mailboxId, canary]));
    return mailboxes.map((mailbox) => toWireMailbox(mailbox, { health: health.get(mailbox.id), canary: canaries.get(mailbox.id) }, now));
  }
}

function unlessConflict<T extends Mailbox | undefined>(outcome: T | Conflict): T {
  if (outcome && 'conflict' in outcome) throw new ConnectError(CONFLICTS[outcome.conflict], Code.AlreadyExists);
  return outcome;
}
