import { z } from 'zod';
import { moveRoute } from '../answer-route/move-route.js';
import { route, type Route } from '../answer-route/route.js';
import type { Owners } from '../call-owner/owners.js';
import { openApi } from '../describe-api/openapi.js';
import { sessionRoutes } from '../sessions/session.http.js';
import type { SessionStore } from '../sessions/session.store.js';
import { doorCertificateRoutes, type ExportAuthority } from './certificate.http.js';
import { printJobRoutes } from './print-jobs.http.js';
import { printQueueRoutes } from './print-queues.http.js';

const DOOR = {
  title: 'Inkpost Print API',
  description: 'Programs hand in documents for users, who need not sign in. Sign in with `POST /print-api/v1/session` with an account of the role `print-on-behalf`, or use an API token with this right; send the token as `Authorization: Bearer <token>`. Each account sees the jobs alone that it handed in. Answers may gain fields; requests with unknown fields are refused.',
} as const;

export interface PrintApiParts {
  readonly owners: Owners;
  readonly sessions: SessionStore;
  readonly exportAuthority: ExportAuthority;
  readonly version: string;
}

/** The Print API (WD-017), beside what servers tell each other. */
export function printApiRoutes({ owners, sessions, exportAuthority, version }: PrintApiParts): readonly Route[] {
  let document: ReturnType<typeof openApi> | undefined;
  const routes: readonly Route[] = [
    ...sessionRoutes(owners, sessions).filter(({ path }) => path === '/api/v0/session').map((each) => moveRoute(each, '/api/v0', '/print-api/v1')),
    ...printJobRoutes(owners),
    ...printQueueRoutes(owners),
    ...doorCertificateRoutes(exportAuthority),
    route({
      method: 'GET', path: '/print-api/v1/openapi.json', operation: 'getOpenApi', right: { public: 'The description of the API holds no data of the installation.' }, summary: 'This description, as OpenAPI 3.1',
      status: 200, answer: z.record(z.string(), z.unknown()),
      handle: async () => (document ??= openApi(routes, version, DOOR)),
    }),
  ];
  return routes;
}
