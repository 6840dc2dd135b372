import { createHash, randomBytes } from 'node:crypto';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { ApiTokenService, CreateApiTokenRequest, ListApiTokensRequest, RevokeApiTokenRequest, VerifyApiTokenRequest } from '@inkpost/contracts/admin/v1/rights_pb.js';
import { authorize, callerOf } from '@inkpost/service/control-listener.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { API_TOKENS_MAX } from '../limits.js';
import { ensureHolds } from '../rights/may-grant.js';
import type { AccountIdentity, AccountStandings } from '../sign-in/account-standing.js';
import { checkApiToken } from './check-api-token.js';
import type { ApiTokenStore, StoredApiToken } from './api-token.store.js';

/** What a token begins with: those who search texts for secrets know it by that. */
const PREFIX = 'inkpost_';
const SECRET_BYTES = 32;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/** What programs sign in with. */
export class ApiTokensRpc implements ServiceImpl<typeof ApiTokenService> {
  constructor(
    private readonly store: ApiTokenStore,
    private readonly standings: AccountStandings,
    private readonly log: Log,
  ) {}

  async listApiTokens(_request: ListApiTokensRequest, context: HandlerContext) {
    authorize(context, 'rights.manage');
    return { tokens: (await this.store.list()).map(toWire) };
  }

  async createApiToken({ maker, ...wire }: CreateApiTokenRequest, context: HandlerContext) {
    const caller = authorize(context, 'rights.manage');
    // A token that makes tokens would never run out.
    if (maker?.name !== caller.actor) throw new ConnectError('Only a person who is signed in makes API tokens, not a token.', Code.PermissionDenied);
    const checked = checkApiToken(wire, new Date());
    ensureHolds(caller, checked.rights, 'Making a token with these rights');
    if ((await this.store.list()).length >= API_TOKENS_MAX) throw new ConnectError(`There are ${API_TOKENS_MAX} API tokens already, the most there can be: revoke those that nobody needs.`, Code.FailedPrecondition);
    const secret = `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64url')}`;
    const tokenId = await this.store.create(checked, toIdentity(maker), createHash('sha256').update(secret).digest());
    const token = tokenId === undefined ? undefined : await this.store.find(tokenId);
    if (!token) throw new ConnectError('There is an API token with this name already.', Code.AlreadyExists);
    this.log.info('API token made', { tokenId, name: checked.name, rights: checked.rights, actor: caller.actor });
    return { token: toWire(token), secret };
  }

  async revokeApiToken({ tokenId }: RevokeApiTokenRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'rights.manage');
    const token = UUID.test(tokenId) ? await this.store.find(tokenId) : undefined;
    if (!token) throw notFound('API token', tokenId.slice(0, 64));
    // Whoever has fewer rights may do it too: to take a token away is never a danger.
    await this.store.remove(tokenId);
    this.log.info('API token revoked', { tokenId, name: token.name, actor });
    return {};
  }

  async verifyApiToken({ tokenSha256 }: VerifyApiTokenRequest, context: HandlerContext) {
    callerOf(context);
    if (tokenSha256.length !== SECRET_BYTES) throw invalidField('tokenSha256', 'must be a SHA-256');
    const token = await this.store.use(tokenSha256);
    if (!token) return { stands: false };
    const standing = await this.standings.of(token.maker);
    if (standing.outcome === 'over') return { stands: false };
    // While the maker's directory can't be asked, programs go on: they often are what mends it.
    const rights = standing.outcome === 'unknown' ? token.rights : token.rights.filter((right) => standing.rights.includes(right));
    return { stands: true, tokenId: token.tokenId, name: token.name, rights: [...rights], expiresAt: timestampFromDate(token.expiresAt) };
  }
}

function toWire({ tokenId, name, rights, maker, createdAt, expiresAt, lastUsedAt }: StoredApiToken) {
  return {
    tokenId, name, rights: [...rights], maker: maker.name, createdAt: timestampFromDate(createdAt), expiresAt: timestampFromDate(expiresAt),
    ...(lastUsedAt ? { lastUsedAt: timestampFromDate(lastUsedAt) } : {}),
  };
}

function toIdentity({ name, directoryId, accountId, login, vouchedGroups }: AccountIdentity): AccountIdentity {
  return { name, directoryId, accountId, login, vouchedGroups };
}
