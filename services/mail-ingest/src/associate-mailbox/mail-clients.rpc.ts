import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { DeleteGoogleClientRequest, GetGoogleClientRequest, MailClientService, PutGoogleClientRequest } from '@inkpost/contracts/admin/v1/associations_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { CLIENT_ID_CHARACTERS_MAX, CLIENT_SECRET_CHARACTERS_MAX } from '../limits.js';
import type { GoogleClientStore } from './google-client.store.js';

export interface MailClientsParts {
  readonly store: GoogleClientStore;
  /** To be registered at Google. */
  readonly redirectUri: string;
  /** Called after each change: the watchers here follow it at once. */
  readonly onChange: () => void;
  readonly log: Log;
}

/** Printable ASCII (RFC 6749, A.1, A.2); a space in it is one too many of a copy. */
const PRINTABLE = /^[\x21-\x7e]+$/;

/** The client of the installation for Google, whose secret is written only. */
export class MailClientsRpc implements ServiceImpl<typeof MailClientService> {
  constructor(private readonly parts: MailClientsParts) {}

  async getGoogleClient(_request: GetGoogleClientRequest, context: HandlerContext) {
    authorize(context, 'configuration.read');
    return this.answer();
  }

  async putGoogleClient({ clientId, clientSecret }: PutGoogleClientRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    if (!PRINTABLE.test(clientId) || clientId.length > CLIENT_ID_CHARACTERS_MAX) throw invalidField('clientId', 'must be the client ID that the Google Cloud console shows, without spaces');
    if (clientSecret !== undefined && (!PRINTABLE.test(clientSecret) || clientSecret.length > CLIENT_SECRET_CHARACTERS_MAX)) throw invalidField('clientSecret', 'must be the client secret, without spaces');
    const before = await this.parts.store.find();
    if (clientSecret === undefined && before?.clientId !== clientId) throw invalidField('clientSecret', 'must be given with a new client ID');
    if (clientSecret !== undefined) await this.parts.store.put(clientId, clientSecret);
    this.changed('google client set', { clientId, actor });
    return this.answer();
  }

  async deleteGoogleClient(_request: DeleteGoogleClientRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    await this.parts.store.remove();
    this.changed('google client removed', { actor });
    return {};
  }

  private changed(event: string, facts: Readonly<Record<string, string>>): void {
    this.parts.log.info(event, facts);
    this.parts.onChange();
  }

  private async answer() {
    const client = await this.parts.store.find();
    const stored = client ? { clientId: client.clientId, clientSecretStored: true, changedAt: timestampFromDate(client.changedAt) } : {};
    return { client: { ...stored, redirectUri: this.parts.redirectUri } };
  }
}
