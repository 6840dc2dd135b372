import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { moveRoute } from '../answer-route/move-route.js';
import { declaredRoutes, routesForOtherServers } from './described-routes.harness.js';
import { openApi } from './openapi.js';

const routes = routesForOtherServers();
const byOperation = new Map(declaredRoutes().map((each) => [each.operation, each]));

describe('the door for other servers', () => {
  it('answers as its golden description says; a wanted change is taken over with `vitest run -u`', async () => {
    const described = await routes.find(({ operation }) => operation === 'getOpenApi')?.prepare({ params: {}, query: {}, body: undefined }, undefined as never).handle();
    expect(await new Validator().validate(structuredClone(described?.content) as ReturnType<typeof openApi>)).toMatchObject({ valid: true });
    await expect(`${JSON.stringify(described?.content, null, 2)}\n`).toMatchFileSnapshot('../../../../tests/contract/wsc.golden.json');
  });

  it('asks for the same right as the REST door, for whatever both answer', () => {
    const common = routes.filter(({ operation }) => byOperation.has(operation) && operation !== 'getOpenApi');
    expect(common.map(({ operation }) => operation)).toEqual(expect.arrayContaining(['signIn', 'listGuests', 'createGuest', 'updateGuest', 'deleteGuest', 'listSecurityProfiles']));
    for (const { operation, right, method, path } of common) expect([operation, right, method, path]).toEqual([operation, byOperation.get(operation)?.right, byOperation.get(operation)?.method, byOperation.get(operation)?.path.replace('/api/v0/', '/wsc/v1/')]);
  });

  it('lets nobody do more than sign in, and read what it is, without a sign-in', () => {
    expect(routes.filter(({ right }) => typeof right === 'object').map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /wsc/v1/server', 'POST /wsc/v1/session', 'GET /wsc/v1/openapi.json']);
  });

  it('lies below /wsc/v1 as a whole', () => {
    expect(openApi(routes, '0', { title: '', description: '' })['paths']).toSatisfy((paths: object) => Object.keys(paths).every((path) => path.startsWith('/wsc/v1/')));
    const [any] = declaredRoutes();
    expect(() => any && moveRoute(any, '/elsewhere', '/wsc/v1')).toThrow('is not below /elsewhere');
  });
});
