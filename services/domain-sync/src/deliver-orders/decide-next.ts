import type { InventoryObject, LogState } from '../keep-log/log-state.js';
import type { LogEntry } from '../keep-log/log-entry.js';

/** What the master knows of a slave by its last message. */
export interface SlaveStanding {
  readonly position: number;
  readonly positionEpoch: number;
  /** Hexadecimal; empty: its owners did not all answer. */
  readonly checksum: string;
  /** Kinds with orders that it took and could not apply. */
  readonly heldUpKinds: readonly string[];
  /** Only in the answer to a question for it. */
  readonly inventory: readonly InventoryObject[] | undefined;
}

export type WhyInventory = 'gap' | 'drift' | 'asked';

/** What is to be said to a slave next. */
export type Next =
  | { readonly say: 'nothing' }
  | { readonly say: 'orders'; readonly after: number; readonly orders: readonly LogEntry[]; readonly until: number }
  | { readonly say: 'send-inventory'; readonly why: WhyInventory }
  | { readonly say: 'snapshot'; readonly send: readonly LogEntry[]; readonly drop: readonly InventoryObject[]; readonly until: number };

export interface Circumstances {
  /** An administrator wants this slave compared object by object. */
  readonly asked: boolean;
  /** In memory (DOM-026): what stood in the log when the master started is no order that waits; who lacks it is healed by what it has. */
  readonly floor: number;
}

/** Decides what to say to a slave that stands so: what it lacks in the log's order; where there is a gap or a difference, what it has is asked for and compared. */
export function decideNext(log: LogState, slave: SlaveStanding, { asked, floor }: Circumstances): Next {
  if (slave.inventory) {
    const { send, drop } = log.difference(slave.inventory);
    if (send.length === 0 && drop.length === 0 && isLevel(log, slave)) return { say: 'nothing' };
    return { say: 'snapshot', send, drop, until: log.head };
  }
  if (asked) return { say: 'send-inventory', why: 'asked' };
  const differs = slave.checksum !== '' && slave.checksum !== log.checksum(slave.heldUpKinds);
  if (!log.continues(slave) || slave.position < Math.min(floor, log.head)) return { say: 'send-inventory', why: 'gap' };
  if (slave.position < log.head) return { say: 'orders', after: slave.position, orders: log.after(slave.position), until: log.head };
  return differs ? { say: 'send-inventory', why: 'drift' } : { say: 'nothing' };
}

function isLevel(log: LogState, slave: SlaveStanding): boolean {
  return slave.position === log.head && log.continues(slave);
}

/** As many of the first orders as fit; at least one. */
export function firstThatFit(orders: readonly LogEntry[], countMax: number, bytesMax: number): LogEntry[] {
  let bytes = 0;
  const count = orders.findIndex(({ size }, index) => {
    bytes += size;
    return index >= countMax || (index > 0 && bytes > bytesMax);
  });
  return count === -1 ? [...orders] : orders.slice(0, Math.max(count, Math.min(1, countMax)));
}
