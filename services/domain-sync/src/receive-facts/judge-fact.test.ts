import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { PrintFactSchema } from '@inkpost/contracts/domain/v1/statistics_pb.js';
import { describe, expect, it } from 'vitest';
import { judgeFact } from './judge-fact.js';

const now = new Date('2026-11-22T12:00:00Z');
const at = (text: string) => ({ completedAt: timestampFromDate(new Date(text)) });
const judge = (more: MessageInitShape<typeof PrintFactSchema>) => judgeFact(create(PrintFactSchema, { ...at('2026-11-22T11:00:00Z'), pages: 3, copies: 1, impressions: 3n, sheets: 2n, ...more }), now);

describe('a print that another server tells of', () => {
  it('can be true, also when its clock is some hours ahead or it printed long ago', () => {
    expect(judge({})).toBeUndefined();
    expect(judge(at('2026-11-23T11:00:00Z'))).toBeUndefined();
    expect(judge(at('2003-01-01T00:00:00Z'))).toBeUndefined();
    expect(judge({ pages: 0, impressions: 0n, sheets: 0n, locationPath: 'World/Île-de-France', price: 1_000_000n })).toBeUndefined();
  });

  it.each([
    ['lies in the future', at('2026-11-24T12:00:00Z')], ['is older than 2000', at('1999-12-31T23:59:59Z')], ['says no time', { completedAt: undefined }],
    ['has 2000000 pages', { pages: 2_000_000 }], ['has 0 copies', { copies: 0 }], ['has 18446744073709551615 impressions', { impressions: 2n ** 64n - 1n }],
    ['has 10000001 sheets', { sheets: 10_000_001n }], ['costs 1000000001 thousandths', { price: 1_000_000_001n }],
    ['has a text in queueId that is none', { queueId: 'a\u0000b' }], ['has a text in accountId that is none', { accountId: 'x'.repeat(1_001) }],
  ])('%s: it counts nothing', (reason, more) => {
    expect(judge(more)).toBe(reason);
  });
});
