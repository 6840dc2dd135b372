import { z } from 'zod';
import { moveRoute } from '../answer-route/move-route.js';
import { route, type Route } from '../answer-route/route.js';
import type { Owners } from '../call-owner/owners.js';
import { openApi } from '../describe-api/openapi.js';
import { guestRoutes } from '../guests/guests.http.js';
import type { AnonymousRights } from '../rights/anonymous-rights.js';
import { profileRoutes } from '../rights/profiles.http.js';
import { dspRoutes } from '../server/server.http.js';
import { sessionRoutes } from '../sessions/session.http.js';
import type { SessionStore } from '../sessions/session.store.js';
import { senderRoutes } from './senders.http.js';

const DOOR = {
  title: 'Inkpost for other servers',
  description: 'The guest base of this server and who may change it, for servers that keep their guests here (WSC). Sign in with `POST /wsc/v1/session` and send the token as `Authorization: Bearer <token>`; it is good at the REST door too. Answers may gain fields; requests with unknown fields are refused.',
} as const;

export interface WscParts {
  readonly owners: Owners;
  readonly sessions: SessionStore;
  readonly anonymous: AnonymousRights;
  readonly version: string;
}

/** All that the door for other servers answers: what it has in common with the REST door is the same routes at another path. */
export function wscRoutes({ owners, sessions, anonymous, version }: WscParts): readonly Route[] {
  let document: ReturnType<typeof openApi> | undefined;
  const routes: readonly Route[] = [
    ...dspRoutes(owners).map((each) => moveRoute(each, '/watchdoc', '/wsc/v1')),
    ...sessionRoutes(owners, sessions).filter(({ path }) => path === '/api/v0/session').map(toThisDoor),
    ...guestRoutes(owners).map(toThisDoor),
    ...senderRoutes(owners),
    ...profileRoutes(owners, anonymous).filter(({ method }) => method === 'GET').map(toThisDoor),
    route({
      method: 'GET', path: '/wsc/v1/openapi.json', operation: 'getOpenApi', right: { public: 'The description of the API holds no data of the installation.' }, summary: 'This description, as OpenAPI 3.1',
      status: 200, answer: z.record(z.string(), z.unknown()),
      handle: async () => (document ??= openApi(routes, version, DOOR)),
    }),
  ];
  return routes;
}

function toThisDoor(each: Route): Route {
  return moveRoute(each, '/api/v0', '/wsc/v1');
}
