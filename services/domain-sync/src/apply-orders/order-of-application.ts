import { keyOf, type ObjectReference } from '../keep-log/log-entry.js';

/** An order that is taken and not applied. */
export interface PendingOrder extends ObjectReference {
  readonly position: number;
  readonly deleted: boolean;
  readonly needs: readonly ObjectReference[];
}

/**
 * In which order pending orders are applied: the log's, but what an object needs comes before it, also inside its kind: of an object that changed often only
 * the last order is sent, and a place may stand behind the places in it. Needs in a circle are left as they come.
 */
export function orderOfApplication<T extends PendingOrder>(pending: readonly T[]): T[] {
  const sorted = pending.toSorted((one, other) => one.position - other.position);
  const byKey = new Map(sorted.map((order) => [keyOf(order), order]));
  const entered = new Set<T>();
  const ordered: T[] = [];
  const enter = (order: T): void => {
    if (entered.has(order)) return;
    entered.add(order);
    for (const need of order.deleted ? [] : order.needs) {
      const needed = byKey.get(keyOf(need));
      if (needed && !needed.deleted) enter(needed);
    }
    ordered.push(order);
  };
  for (const order of sorted) enter(order);
  return ordered;
}

/** What of an order's needs is still pending itself. */
export function unmetNeed(order: PendingOrder, pending: ReadonlySet<string>): ObjectReference | undefined {
  return order.deleted ? undefined : order.needs.find((need) => pending.has(keyOf(need)));
}
