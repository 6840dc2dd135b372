import { z } from 'zod';
import type { ApiToken } from '@inkpost/contracts/admin/v1/rights_pb.js';
import { RIGHTS } from '@inkpost/service/rights.js';
import { fromInstant, identifier, instant, present, toInstant } from '../answer-route/fields.js';
import { Problem } from '../answer-route/problem.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { RIGHTS_LIMITS } from '../limits.js';
import type { ApiTokens } from './known-api-tokens.js';

const apiToken = z.object({
  tokenId: z.string(),
  name: z.string(),
  rights: z.array(z.string()).describe('At most: a token never may more than its maker may at the moment.'),
  maker: z.string().describe('Who made it; it ends with that account.'),
  createdAt: instant.nullable(),
  expiresAt: instant.nullable(),
  lastUsedAt: instant.nullable().describe('To the minute; null: never.'),
}).meta({ id: 'ApiToken' });

const newToken = z.strictObject({
  name: z.string().min(1).max(RIGHTS_LIMITS.tokenName).describe('What it is for; unique, in any case. The audit log names who acts by it `token:` and this.'),
  rights: z.array(z.enum(RIGHTS)).min(1).max(RIGHTS.length).describe('Of those that you have yourself.'),
  expiresAt: instant.describe('At most a year from now.'),
}).meta({ id: 'NewApiToken' });

const params = z.strictObject({ tokenId: identifier });

function toApiToken(wire: ApiToken | undefined): z.input<typeof apiToken> {
  const { tokenId, name, rights, maker, createdAt, expiresAt, lastUsedAt } = present(wire, 'token');
  return { tokenId, name, rights, maker, createdAt: toInstant(createdAt), expiresAt: toInstant(expiresAt), lastUsedAt: toInstant(lastUsedAt) };
}

/** What programs sign in with; guest-account owns it. */
export function apiTokenRoutes({ apiTokens: owner }: Owners, known: ApiTokens) {
  return [
    route({
      method: 'GET', path: '/api/v0/api-tokens', operation: 'listApiTokens', right: 'rights.manage', summary: 'All API tokens, the latest first; never their secrets',
      status: 200, answer: z.object({ tokens: z.array(apiToken) }),
      handle: async ({ caller }) => ({ tokens: (await owner.listApiTokens({}, as(caller))).tokens.map(toApiToken) }),
    }),
    route({
      method: 'POST', path: '/api/v0/api-tokens', operation: 'createApiToken', right: 'rights.manage', summary: 'Make an API token with rights that you have yourself',
      description: 'The secret is shown here and never again; a program sends it as "Authorization: Bearer <secret>". A token can\'t make tokens.',
      body: newToken, status: 201, answer: apiToken.extend({ secret: z.string().describe('Nowhere else from now on.') }).meta({ id: 'MadeApiToken' }), refusals: [409], objectId: ({ body }) => body.name,
      handle: async ({ body: { name, rights, expiresAt }, caller, session }) => {
        if (!session?.identity) throw new Problem('right-missing', 'An API token can\'t make another one: sign in with POST /api/v0/session.');
        const { identity } = session;
        const { token, secret } = await owner.createApiToken({ name, rights, expiresAt: fromInstant(expiresAt), maker: { ...identity, vouchedGroups: [...identity.vouchedGroups] } }, as(caller));
        return { ...toApiToken(token), secret };
      },
    }),
    route({
      method: 'DELETE', path: '/api/v0/api-tokens/{tokenId}', operation: 'revokeApiToken', right: 'rights.manage', summary: 'Revoke an API token; every gateway hears of it within a minute',
      params, status: 204, refusals: [404],
      handle: async ({ params: { tokenId }, caller }) => {
        await owner.revokeApiToken({ tokenId }, as(caller));
        known.forget(tokenId);
      },
    }),
  ];
}
