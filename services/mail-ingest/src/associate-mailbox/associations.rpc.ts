import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type {
  AssociationService, BeginAssociationRequest, BeginDeviceAssociationRequest, DeleteAssociationRequest, FinishAssociationRequest, GetAssociationRequest,
} from '@inkpost/contracts/admin/v1/associations_pb.js';
import { CauseDown } from '@inkpost/failure/failure.js';
import { authorize, callerOf } from '@inkpost/service/control-listener.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import { CALLBACK_CHARACTERS_MAX } from '../limits.js';
import { AUTHORITY_UNREACHABLE } from '../ports/authority.port.js';
import type { Associations, AssociationState } from './associations.js';
import type { AttemptState } from './attempts.store.js';
import type { DeviceAssociations } from './device-associations.js';
import type { TokenMailbox } from './token-mailboxes.store.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SHA256_BYTES = 32;

/** The consent to read mailboxes, for administrators and for browsers that come back from an authority (SKY-082, SKY-136). */
export class AssociationsRpc implements ServiceImpl<typeof AssociationService> {
  constructor(
    private readonly associations: Associations,
    private readonly devices: DeviceAssociations,
  ) {}

  async getAssociation({ mailboxId }: GetAssociationRequest, context: HandlerContext) {
    authorize(context, 'configuration.read');
    const mailbox = await this.existing(mailboxId);
    const state = await this.associations.state(mailbox);
    return { association: toWire(state, this.associations.redirectUri(mailbox.client.authority)) };
  }

  async beginAssociation({ mailboxId, browserSha256, browserOrigin }: BeginAssociationRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    if (browserSha256.length > 0 && browserSha256.length !== SHA256_BYTES) throw invalidField('browserSha256', 'must have 32 bytes, or none');
    const mailbox = await this.existing(mailboxId);
    const redirectUri = this.associations.redirectUri(mailbox.client.authority);
    // A browser that begins under another name of this server would not bring its cookie back.
    const boundToBrowser = browserSha256.length > 0 && browserOrigin === new URL(redirectUri).origin;
    const { url, expiresAt } = await unlessRefused(this.associations.beginInBrowser(mailbox, actor, boundToBrowser ? browserSha256 : undefined));
    return { authorizationUrl: url, expiresAt: timestampFromDate(expiresAt), redirectUri, boundToBrowser };
  }

  async finishAssociation({ provider, query, browserSha256 }: FinishAssociationRequest, context: HandlerContext) {
    callerOf(context);
    if (provider !== 'office365' && provider !== 'google') throw invalidField('provider', 'must be office365 or google');
    if (query.length > CALLBACK_CHARACTERS_MAX) throw invalidField('query', `must have at most ${CALLBACK_CHARACTERS_MAX} characters`);
    return this.associations.finishInBrowser(provider, new URLSearchParams(query), browserSha256);
  }

  async beginDeviceAssociation({ mailboxId }: BeginDeviceAssociationRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    const { userCode, verificationUri, expiresAt } = await unlessRefused(this.associations.beginAtDevice(await this.existing(mailboxId), actor));
    this.devices.notice();
    return { userCode, verificationUri, expiresAt: timestampFromDate(expiresAt) };
  }

  async deleteAssociation({ mailboxId }: DeleteAssociationRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    await this.associations.remove(await this.existing(mailboxId), actor);
    return {};
  }

  private async existing(mailboxId: string): Promise<TokenMailbox> {
    const mailbox = UUID.test(mailboxId) ? await unlessRefused(this.associations.mailbox(mailboxId)) : undefined;
    if (!mailbox) throw notFound('mailbox', mailboxId);
    return mailbox;
  }
}

/** What is wrong with the settings is not mended by trying again in a moment. */
async function unlessRefused<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    if (error instanceof CauseDown && error.code.startsWith('mailbox.') && error.code !== AUTHORITY_UNREACHABLE) throw new ConnectError(error.message, Code.FailedPrecondition);
    throw error;
  });
}

function toWire({ state, association, problem, pending }: AssociationState, redirectUri: string) {
  const { account = '', associatedAt, associatedBy = '', grantExpiresAt } = association ?? {};
  return {
    state, account, associatedBy, problem, redirectUri,
    ...(associatedAt ? { associatedAt: timestampFromDate(associatedAt) } : {}),
    ...(grantExpiresAt ? { expiresAt: timestampFromDate(grantExpiresAt) } : {}),
    ...(pending ? { pending: toPending(pending) } : {}),
  };
}

function toPending({ method, expiresAt, userCode, verificationUri }: AttemptState) {
  return { method, expiresAt: timestampFromDate(expiresAt), userCode, verificationUri };
}
