import { expect, it } from 'vitest';
import { DeliverRequestSchema } from '@inkpost/contracts/domain/v1/replication_pb.js';
import { transferMs } from './transfer-time.js';

it('a message has the time that it takes over the slowest line: a minute for half a megabyte, nothing to speak of for what is small', () => {
  const message = (bytes: number) => ({ message: { batch: { orders: [{ body: new Uint8Array(bytes) }] } } });
  expect(transferMs(DeliverRequestSchema, message(512 * 1024)) / 1_000).toBeCloseTo(65.5, 1);
  expect(transferMs(DeliverRequestSchema, message(300))).toBeLessThan(100);
});
