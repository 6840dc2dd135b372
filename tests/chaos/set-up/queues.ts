/** A queue that prints at once, one that waits for codes, one whose printer takes its time, and one that keeps what it printed. */
export const QUEUES = ['direct', 'held', 'slow', 'kept'] as const;
export type ChaosQueue = (typeof QUEUES)[number];

/** A mailbox of Inkpost's own for each queue, and one at a mail server that it watches. */
export function ownAddress(queue: ChaosQueue): string {
  return `${queue}@inkpost.test`;
}

export function watchedAddress(queue: ChaosQueue): string {
  return `${queue}@mailboxes.test`;
}
