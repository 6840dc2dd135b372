import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { SlaveMessageSchema } from '@inkpost/contracts/domain/v1/replication_pb.js';
import type { KnownLog } from '../keep-log/known-log.js';
import type { LogEntry } from '../keep-log/log-entry.js';
import { LogState } from '../keep-log/log-state.js';
import type { KnownDomain } from '../watch-domain/known-domain.js';
import { OperationBudget } from './operation-budget.js';
import { SlaveDesk } from './slave-desk.js';
import type { WriteOrders } from './write-orders.js';

it('a slave that says nothing any more is behind as soon as something changes, though it had everything when it was heard last', () => {
  const state = new LogState();
  state.begin([{ epoch: 1, after: 0 }]);
  const entry = (position: number): LogEntry => ({ position, epoch: 1, owner: 'print-submit', kind: 'queue', objectId: `q${position}`, name: 'q', change: 'put', digest: 'ab', needs: [], hasSecrets: false, size: 1 });
  state.add(entry(1));
  const desk = new SlaveDesk({ known: {} as KnownDomain, log: { state } as KnownLog, budget: new OperationBudget(), writeOrders: {} as WriteOrders, now: () => new Date(0), elapsedMs: () => 0 });
  expect(desk.heardOf('lyon').standing).toBe('unknown');
  desk.hear('lyon', create(SlaveMessageSchema, { position: 1n, positionEpoch: 1n, checksum: Buffer.from(state.checksum(), 'hex') }));
  expect(desk.heardOf('lyon').standing).toBe('level');
  state.add(entry(2));
  expect(desk.heardOf('lyon').standing).toBe('behind');
});
