import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { FieldProblemSchema } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';
import { createPool, query } from '@inkpost/postgres/pool.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { PrismaPg } from '@prisma/adapter-pg';
import { describe, expect, it } from 'vitest';
import { PrismaClient } from '../gen/prisma/client.js';
import { explainFailure } from './explain-failure.js';

async function failureOf(act: () => Promise<unknown>): Promise<unknown> {
  return act().then(() => undefined, (error: unknown) => error);
}

describe('a failure', () => {
  it.each([
    [Code.NotFound, 404], [Code.AlreadyExists, 409], [Code.FailedPrecondition, 409], [Code.Aborted, 409], [Code.PermissionDenied, 403], [Code.Unavailable, 503],
    [Code.DeadlineExceeded, 503], [Code.ResourceExhausted, 429], [Code.InvalidArgument, 400], [Code.Internal, 500], [Code.Unauthenticated, 500], [Code.Unimplemented, 500],
  ])('of an owner with code %i is answered with %i', (code, status) => {
    expect(explainFailure(new ConnectError('said so', code)).status).toBe(status);
  });

  it('that names a field keeps it, whatever its code', () => {
    expect(explainFailure(invalidField('imap.port', 'must be a port')).extras.errors).toEqual([{ field: 'imap.port', reason: 'must be a port' }]);
    const detail = { desc: FieldProblemSchema, value: create(FieldProblemSchema, { field: 'queueId', reason: 'is taken' }) };
    const taken = explainFailure(new ConnectError('There is one.', Code.AlreadyExists, undefined, [detail]));
    expect([taken.status, taken.detail, taken.extras.errors]).toEqual([409, 'There is one.', [{ field: 'queueId', reason: 'is taken' }]]);
  });

  it('says when to try again where that helps', () => {
    expect(explainFailure(new ConnectError('later', Code.Unavailable)).headers()['retry-after']).toBe('5');
    expect(explainFailure(new ConnectError('never', Code.NotFound)).headers()['retry-after']).toBeUndefined();
  });

  it('of our own is told to nobody', () => {
    for (const error of [new Error('at /srv/secret.ts'), new ConnectError('wrong key', Code.Unauthenticated), 'text']) expect(JSON.stringify(explainFailure(error).body('id'))).not.toMatch(/secret|key|text/);
  });

  it('of a database that is away is a 503, by either way to it', async () => {
    const pool = createPool({ url: 'postgres://127.0.0.1:1/none', user: 'none', password: 'none' });
    const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
    for (const act of [() => query(pool, 'x', 'SELECT 1', []), () => prisma.session.count()]) {
      expect(explainFailure(await failureOf(act))).toMatchObject({ kind: 'unavailable', detail: 'The database does not answer. Try again in a moment.' });
    }
    await pool.end();
  });
});
