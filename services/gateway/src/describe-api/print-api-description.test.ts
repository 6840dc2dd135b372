import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { routesForPrograms } from './described-routes.harness.js';
import type { openApi } from './openapi.js';

const routes = routesForPrograms();

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[]; readonly requestBody?: { readonly content: object } }>>>>;
}

describe('the Print API', () => {
  it('answers as its golden description says; a wanted change is taken over with `vitest run -u`', async () => {
    const described = await routes.find(({ operation }) => operation === 'getOpenApi')?.prepare({ params: {}, query: {}, body: undefined }, undefined as never).handle();
    expect(await new Validator().validate(structuredClone(described?.content) as ReturnType<typeof openApi>)).toMatchObject({ valid: true });
    await expect(`${JSON.stringify(described?.content, null, 2)}\n`).toMatchFileSnapshot('../../../../tests/contract/print-api.golden.json');
    const submit = (described?.content as Described | undefined)?.paths['/print-api/v1/jobs']?.['post'];
    expect(submit?.parameters.map(({ name, in: place, required }) => [name, place, required])).toEqual([['Print-Job', 'header', true], ['Idempotency-Key', 'header', false]]);
    expect(Object.keys(submit?.requestBody?.content ?? {})).toEqual(['application/pdf']);
  });

  it('lets nobody do more than sign in, and read what it is, without the right to print for others', () => {
    const others = routes.filter(({ right }) => right !== 'print-on-behalf').map(({ method, path, right }) => `${method} ${path} ${typeof right === 'string' ? right : 'public'}`);
    expect(others).toEqual(['POST /print-api/v1/session public', 'GET /print-api/v1/session signed-in', 'DELETE /print-api/v1/session signed-in', 'GET /print-api/v1/certificate public', 'GET /print-api/v1/openapi.json public']);
  });
});
