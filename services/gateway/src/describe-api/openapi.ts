import { z } from 'zod';
import { isPublic } from '../answer-route/access.js';
import { PROBLEM_KINDS, type ProblemStatus } from '../answer-route/problem.js';
import { isMediaAnswer, isRedirectAnswer, type Route } from '../answer-route/route.js';
import { LIMITS } from '../limits.js';
import { SESSION_COOKIE_NAME } from '../sessions/session-cookie.js';
import { Components, type JsonSchema } from './json-schemas.js';

const problem = z.object({
  type: z.string().describe(`One of ${Object.keys(PROBLEM_KINDS).map((kind) => `urn:inkpost:problem:${kind}`).join(', ')}.`),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe('What happened and what to do, in a sentence.'),
  requestId: z.string().describe('The trace id that the logs bear too.'),
  errors: z.array(z.object({ field: z.string(), reason: z.string() })).optional().describe('Each wrong field: its path in the body, or the name of a parameter.'),
}).meta({ id: 'Problem', description: 'RFC 9457.' });

const STATUS_TEXTS: Readonly<Record<ProblemStatus, string>> = {
  400: 'The request is not valid; `errors` names each field.', 401: 'Sign in first.', 403: 'A right is missing, the first password must be changed, or a cookie came without proof of a page of ours.',
  404: 'There is no such thing.', 405: 'This path does not know the method.', 409: 'The present state does not allow this.', 413: 'The body is too large.',
  415: 'The body is not what the operation takes.', 422: 'The code or password is wrong, or what the request names can\'t be used; `type` says which.', 429: 'Too many tries; `Retry-After` says when to go on.', 500: 'Something went wrong; the log says more.',
  503: 'A part of Inkpost does not answer; `Retry-After` says when to try again.',
};

/** The refusals of a route: those that follow from its declaration, and its own. */
export function refusalsOf(route: Route): ProblemStatus[] {
  const publicly = isPublic(route.right);
  const statuses = new Set<ProblemStatus>([400, 500, 503, ...(route.refusals ?? [])]);
  // An API token that nobody knows is asked for only so often.
  if (!publicly) statuses.add(401).add(403).add(429);
  if (route.body) statuses.add(413).add(415);
  if (publicly && (route.method !== 'GET' || route.changes === true)) statuses.add(429);
  return [...statuses].toSorted((a, b) => a - b);
}

export interface DescribedDoor {
  readonly title: string;
  readonly description: string;
}

const REST_DOOR: DescribedDoor = {
  title: 'Inkpost',
  description: 'Mail in, paper out. Sign in with `POST /api/v0/session` and send the token as `Authorization: Bearer <token>`. Every answer bears `X-Request-Id`. Answers may gain fields; requests with unknown fields are refused.',
};

/** The description of the routes as OpenAPI 3.1, made from the same declarations that answer. */
export function openApi(all: readonly Route[], version: string, door: DescribedDoor = REST_DOOR): JsonSchema {
  const routes = all.filter(({ undescribed }) => undescribed !== true);
  const components = new Components();
  const problemSchema = components.schema(problem, 'output');
  const refusals = Object.fromEntries(Object.entries(STATUS_TEXTS).map(([status, description]) => [
    `Problem${status}`, { description, content: { 'application/problem+json': { schema: problemSchema } } },
  ]));
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(route, components);
  return {
    openapi: '3.1.0',
    info: {
      title: door.title, version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' }, description: door.description,
    },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map(tagOf))].map((name) => ({ name })),
    paths,
    components: {
      schemas: components.all(),
      responses: refusals,
      securitySchemes: {
        session: { type: 'http', scheme: 'bearer', description: 'The token that signing in gives, or an API token (`inkpost_…`).' },
        cookie: { type: 'apiKey', in: 'cookie', name: SESSION_COOKIE_NAME, description: 'Of browsers. What changes something also needs "X-Inkpost-CSRF: 1" from a page of Inkpost.' },
      },
    },
  };
}

function tagOf({ path }: Route): string {
  const [, api, , resource] = path.split('/');
  return (api === 'api' || api === 'wsc' || api === 'print-api') && resource ? resource.replace(/\.json$/, '') : 'probes';
}

function operation(route: Route, components: Components): JsonSchema {
  const access = isPublic(route.right) ? `Needs no sign-in. ${route.right.public}` : route.right === 'signed-in' ? 'Needs a sign-in.' : `Needs the right \`${route.right}\`.`;
  return {
    operationId: route.operation, tags: [tagOf(route)], summary: route.summary, description: [route.description, access].filter(Boolean).join('\n\n'),
    security: isPublic(route.right) ? [] : [{ session: [] }, { cookie: [] }],
    parameters: [...parameters(route.params, 'path', components), ...parameters(route.query, 'query', components), ...headerFields(route, components)],
    ...requestBody(route, components),
    responses: {
      [route.status]: success(route, components),
      ...Object.fromEntries(refusalsOf(route).map((status) => [status, { $ref: `#/components/responses/Problem${status}` }])),
    },
  };
}

function parameters(schema: z.ZodType | undefined, place: 'path' | 'query', components: Components): JsonSchema[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = components.schema(schema, 'input') as { properties?: Record<string, JsonSchema>; required?: string[] };
  return Object.entries(properties).map(([name, { description, ...property }]) => ({
    name, in: place, required: place === 'path' || required.includes(name), ...(description ? { description } : {}), schema: property,
  }));
}

function requestBody({ body, upload }: Route, components: Components): JsonSchema {
  if (upload) return { requestBody: { required: true, description: `At most ${upload.sizeBytesMax} bytes.`, content: { [upload.mediaType]: { schema: { type: 'string', contentMediaType: upload.mediaType } } } } };
  return body ? { requestBody: { required: true, content: { 'application/json': { schema: components.schema(body, 'input') } } } } : {};
}

function headerFields({ body, upload }: Route, components: Components): JsonSchema[] {
  if (!upload || !body) return [];
  return [
    { name: upload.header, in: 'header', required: true, description: 'What the document is, as JSON in ASCII: other characters as \\uXXXX.', content: { 'application/json': { schema: components.schema(body, 'input') } } },
    { name: 'Idempotency-Key', in: 'header', required: false, description: 'Of the client\'s choice; a document with the same key is taken in once, however often it is sent.', schema: { type: 'string', maxLength: LIMITS.idempotencyKeyMax } },
  ];
}

function success({ answer, status }: Route, components: Components): JsonSchema {
  const headers = status === 201 ? { headers: { Location: { description: 'Where the new thing is.', schema: { type: 'string' } } } } : {};
  if (!answer) return { description: 'Done.' };
  if (isRedirectAnswer(answer)) return { description: 'The browser goes on.', headers: { Location: { description: 'Where to.', schema: { type: 'string' } } } };
  const content = isMediaAnswer(answer) ? { [answer.mediaType]: { schema: { type: 'string' } } } : { 'application/json': { schema: components.schema(answer, 'output') } };
  return { description: status === 201 ? 'Created.' : 'The answer.', ...headers, content };
}
