import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type {
  CreateMailboxRequest, DeleteMailboxRequest, GetMailboxRequest, ListMailboxesRequest, MailboxService, MailboxSettings as WireSettings, UpdateMailboxRequest,
} from '@inkpost/contracts/admin/v1/mailboxes_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { type CheckedSettings, checkSettings, passwordStays } from './check-settings.js';
import type { Mailbox, MailboxHealth } from './mailbox.js';
import type { Conflict, MailboxesStore } from './mailboxes.store.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const CONFLICTS: Readonly<Record<Conflict['conflict'], string>> = {
  address: 'Another mailbox has this address already.',
  'imap.folder': 'Another mailbox watches this folder of this account already.',
};

/** The watched addresses, for administrators (SKY-075..078, SKY-044). */
export class MailboxesRpc implements ServiceImpl<typeof MailboxService> {
  constructor(
    private readonly store: MailboxesStore,
    /** Called after each change: the watchers here follow it at once. */
    private readonly onChange: () => void,
    private readonly log: Log,
  ) {}

  async listMailboxes(_request: ListMailboxesRequest, context: HandlerContext) {
    authorize(context, 'configuration.read');
    return { mailboxes: await this.shown(await this.store.list()) };
  }

  async getMailbox({ mailboxId }: GetMailboxRequest, context: HandlerContext) {
    authorize(context, 'configuration.read');
    return this.answer(await this.existing(mailboxId));
  }

  async createMailbox(request: CreateMailboxRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    const checked = checkedSettings(request.settings);
    if (checked.settings.kind === 'imap' && checked.password === undefined) throw invalidField('imap.password', 'is missing');
    const mailbox = unlessConflict(await this.store.create(checked));
    this.changed('mailbox created', mailbox, actor);
    return this.answer(mailbox);
  }

  async updateMailbox(request: UpdateMailboxRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    const before = await this.existing(request.mailboxId);
    const checked = checkedSettings(request.settings);
    if (checked.settings.kind === 'imap' && checked.password === undefined && !passwordStays(before.settings, checked.settings)) {
      throw invalidField('imap.password', 'must be given again when server, port, TLS, user or certificate authority change');
    }
    const mailbox = unlessConflict(await this.store.update(before.id, checked));
    if (!mailbox) throw notFound('mailbox', request.mailboxId);
    this.changed('mailbox changed', mailbox, actor);
    return this.answer(mailbox);
  }

  async deleteMailbox({ mailboxId }: DeleteMailboxRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    const mailbox = await this.existing(mailboxId);
    if (!(await this.store.remove(mailbox.id))) throw notFound('mailbox', mailboxId);
    this.changed('mailbox deleted', mailbox, actor);
    return {};
  }

  private changed(event: string, { id, settings: { address } }: Mailbox, actor: string): void {
    this.log.info(event, { mailboxId: id, address, actor });
    this.onChange();
  }

  private async existing(mailboxId: string): Promise<Mailbox> {
    const mailbox = UUID.test(mailboxId) ? await this.store.find(mailboxId) : undefined;
    if (!mailbox) throw notFound('mailbox', mailboxId);
    return mailbox;
  }

  private async answer(mailbox: Mailbox) {
    const [shown] = await this.shown([mailbox]);
    return shown ? { mailbox: shown } : {};
  }

  private async shown(mailboxes: readonly Mailbox[]) {
    const health = await this.store.health(mailboxes);
    return mailboxes.map((mailbox) => toWire(mailbox, health.get(mailbox.id)));
  }
}

function checkedSettings(wire: WireSettings | undefined): CheckedSettings {
  if (!wire) throw invalidField('settings', 'are missing');
  const checked = checkSettings(wire);
  if ('reason' in checked) throw invalidField(checked.field, checked.reason);
  return checked;
}

function unlessConflict<T extends Mailbox | undefined>(outcome: T | Conflict): T {
  if (outcome && 'conflict' in outcome) throw new ConnectError(CONFLICTS[outcome.conflict], Code.AlreadyExists);
  return outcome;
}

/** Without the password, which never leaves. */
function toWire({ id, settings, createdAt }: Mailbox, health: MailboxHealth | undefined) {
  const { address, kind, queueId, enabled } = settings;
  const own = kind === 'imap' ? { afterProcessing: settings.afterProcessing, processedFolder: settings.processedFolder, imap: settings.imap } : { afterProcessing: 'keep', processedFolder: '' };
  const { state = '', problem = '', nextTryAt, lastMessageAt } = health ?? {};
  return {
    mailboxId: id,
    settings: { address, kind, queueId, enabled, ...own },
    state,
    problem,
    createdAt: timestampFromDate(createdAt),
    ...(nextTryAt ? { nextTryAt: timestampFromDate(nextTryAt) } : {}),
    ...(lastMessageAt ? { lastMessageAt: timestampFromDate(lastMessageAt) } : {}),
  };
}
