import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { GetSenderAuthenticationRequest, PutSenderAuthenticationRequest, SenderAuthenticationService, SenderAuthenticationSettings } from '@inkpost/contracts/admin/v1/acceptance_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { checkedMailboxId } from '../sender-rules/checked-mailbox-id.js';
import type { CurrentConditions } from '../sender-rules/current-conditions.js';
import { type AuthenticationStore, GENERAL } from './authentication.store.js';
import { type AuthenticationSettings, checkAuthenticationSettings } from './authentication-settings.js';

/** Whether senders must be who they say, for administrators. */
export class SenderAuthenticationRpc implements ServiceImpl<typeof SenderAuthenticationService> {
  constructor(
    private readonly store: AuthenticationStore,
    private readonly current: CurrentConditions,
    private readonly log: Log,
  ) {}

  getSenderAuthentication = async ({ mailboxId }: GetSenderAuthenticationRequest, context: HandlerContext) => {
    authorize(context, 'configuration.read');
    return this.shown(checkedMailboxId(mailboxId));
  };

  putSenderAuthentication = async (request: PutSenderAuthenticationRequest, context: HandlerContext) => {
    const { actor } = authorize(context, 'configuration.write');
    const mailboxId = checkedMailboxId(request.mailboxId);
    await this.change(mailboxId, request, actor);
    this.current.expire();
    this.log.info('sender authentication changed', { mailboxId, usesDefault: request.useDefault, actor });
    return this.shown(mailboxId);
  };

  private change(mailboxId: string, { useDefault, settings }: PutSenderAuthenticationRequest, actor: string): Promise<void> {
    if (mailboxId === GENERAL && useDefault) throw invalidField('useDefault', 'only a mailbox can follow the general settings');
    if (useDefault) return this.store.follow(mailboxId, actor);
    if (mailboxId !== GENERAL && !settings) return this.store.stopFollowing(mailboxId, actor);
    return this.store.put(mailboxId, checked(settings), actor);
  }

  private async shown(mailboxId: string) {
    const { settings, usesDefault, own } = await this.store.show(mailboxId);
    return { settings: toMessage(settings), usesDefault, ...(own ? { own: toMessage(own) } : {}) };
  }
}

function checked(wanted: SenderAuthenticationSettings | undefined): AuthenticationSettings {
  if (!wanted) throw invalidField('settings', 'are missing');
  const settings = checkAuthenticationSettings(wanted);
  if ('reason' in settings) throw invalidField(settings.field, settings.reason);
  return settings;
}

function toMessage({ mode, trustedServers, trustedRelays }: AuthenticationSettings) {
  return { mode, trustedServers: [...trustedServers], trustedRelays: [...trustedRelays] };
}
