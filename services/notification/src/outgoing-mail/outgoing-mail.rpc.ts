import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { OutgoingMailService, OutgoingMailSettings as Message, PutOutgoingMailRequest, TestOutgoingMailRequest } from '@inkpost/contracts/admin/v1/notification_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { renderTestMail } from '../templates/test-mail.js';
import type { CurrentOutgoingMail } from './current-outgoing-mail.js';
import type { OutgoingMailStore } from './outgoing-mail.store.js';
import type { SendTestMail } from './send-test-mail.js';
import { checkSettings, type OutgoingMailSettings } from './outgoing-mail-settings.js';

/** The outgoing mail server, for administrators. */
export class OutgoingMailRpc implements ServiceImpl<typeof OutgoingMailService> {
  constructor(
    private readonly store: OutgoingMailStore,
    private readonly current: CurrentOutgoingMail,
    private readonly testMail: SendTestMail,
    private readonly log: Log,
  ) {}

  async getOutgoingMail(_request: object, context: HandlerContext) {
    authorize(context, 'configuration.read');
    const stored = await this.store.find();
    return stored ? { settings: toMessage(stored.settings) } : {};
  }

  async putOutgoingMail({ settings: wanted }: PutOutgoingMailRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    if (!wanted) throw invalidField('settings', 'are missing');
    const checked = checkSettings(wanted);
    if ('reason' in checked) throw invalidField(checked.field, checked.reason);
    const settings = { ...checked, password: await this.password(checked) };
    await this.store.put(settings, actor);
    this.current.expire();
    this.log.info('outgoing mail server changed', { host: settings.host, port: settings.port, tls: settings.tls, actor });
    return { settings: toMessage(settings) };
  }

  async testOutgoingMail({ to }: TestOutgoingMailRequest, context: HandlerContext) {
    authorize(context, 'configuration.write');
    return this.testMail.send(to, undefined, renderTestMail);
  }

  /**
   * The given password, or else the stored one, but never for another server or user: who may change settings must not be able to
   * have a password sent to a server of his own that he was never told.
   */
  private async password({ host, user, password }: OutgoingMailSettings): Promise<string | undefined> {
    if (user === '' || password === '') return undefined;
    if (password !== undefined) return password;
    const stored = (await this.store.find())?.settings;
    if (stored?.password === undefined) return undefined;
    if (stored.host !== host || stored.user !== user) throw invalidField('password', 'must be given again when the server or the user changes');
    return stored.password;
  }
}

function toMessage({ password, ...settings }: OutgoingMailSettings): Omit<Message, '$typeName' | '$unknown' | 'password'> {
  return { ...settings, passwordStored: password !== undefined };
}
