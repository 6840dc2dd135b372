import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { accessProblem } from '../answer-route/access.js';
import { declaredRoutes, routesOfAllDoors } from './described-routes.harness.js';
import { Components } from './json-schemas.js';
import { openApi, refusalsOf } from './openapi.js';

const routes = declaredRoutes();
const document = openApi(routes, '0.1.0');

describe('the OpenAPI description', () => {
  it('is the golden one; a wanted change of the API is taken over with `vitest run -u`', async () => {
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot('../../../../tests/contract/openapi.golden.json');
  });

  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const result = await validator.validate(structuredClone(document));
    expect(result).toMatchObject({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  it('is refused by the validator where it is broken', async () => {
    const broken = { ...structuredClone(document), info: { title: 'No version' } };
    expect(await new Validator().validate(broken)).toMatchObject({ valid: false });
  });

  it('refers to nothing that it does not hold', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(references.length).toBeGreaterThan(100);
    const missing = references.filter((path) => path.split('/').reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document) === undefined);
    expect(missing).toEqual([]);
  });

  it('names every parameter of a path', () => {
    for (const { path, params } of routes) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      expect(params ? Object.keys((params as z.ZodObject).shape) : [], path).toEqual(names);
    }
  });

  it('names every operation once', () => {
    const operations = routes.map(({ operation }) => operation);
    expect(operations.filter((operation, index) => operations.indexOf(operation) !== index)).toEqual([]);
  });

  it('lets no schema of the same name differ in requests and answers', () => {
    const schema = z.object({ one: z.string().default('') }).meta({ id: 'TwoFaced' });
    const components = new Components();
    components.schema(schema, 'input');
    expect(() => components.schema(schema, 'output')).toThrow('TwoFaced');
  });
});

describe('every route', () => {
  it.each(routesOfAllDoors())('$method $path declares who may call it', ({ right, method, summary }) => {
    expect(summary).not.toBe('');
    expect(accessProblem(right)).toBeUndefined();
    if (method !== 'GET' && typeof right === 'object') expect(['POST']).toContain(method);
  });

  it('that changes something is open to nobody but for signing in, giving a code, asking for one by mail and answering a link', () => {
    const open = routes.filter(({ right, method, form }) => typeof right === 'object' && method !== 'GET' && form !== true);
    const [pages, described] = [open.filter(({ undescribed }) => undescribed), open.filter(({ undescribed }) => !undescribed)];
    expect(described.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /api/v0/session', 'POST /confirm/{waitingId}/{proof}/{decision}', 'POST /api/v0/release/waiting', 'POST /api/v0/release', 'POST /api/v0/release/delete',
      'POST /api/v0/release/{jobId}/finishing', 'POST /api/v0/release/history', 'POST /api/v0/release/code-request', 'POST /api/v0/release/pin-request',
    ]);
    expect(pages.filter(({ path }) => !/^\/(?:release|pin)\//u.test(path))).toEqual([]);
    // Forms of pages, which nothing but those pages can send.
    expect(routes.filter(({ form }) => form === true).filter(({ path }) => !/^\/(?:release|pin)\//.test(path))).toEqual([]);
  });

  it('that only reads asks for no more than reading', () => {
    const reading = routes.filter(({ method, right }) => method === 'GET' && typeof right === 'string');
    expect(new Set(reading.map(({ right }) => right))).toEqual(new Set(['audit.read', 'configuration.read', 'diagnostics', 'guests.read', 'jobs.read', 'journey.read', 'rights.manage', 'signed-in', 'statistics.read']));
  });

  it('declares the refusals that follow from what it is', () => {
    for (const route of routes) {
      const refusals = refusalsOf(route);
      expect(refusals, route.operation).toEqual(expect.arrayContaining([400, 500, 503]));
      expect(refusals.includes(413), route.operation).toBe(route.body !== undefined);
    }
  });
});
