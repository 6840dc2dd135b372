import { type ChaosQueue, QUEUES } from '../set-up/queues.js';
import type { SeededRandom } from './seeded-random.js';

/** How a mail comes in. */
export type Way = 'smtp' | 'lmtp' | 'watched';

/** A mail to be sent, with one or two documents. */
export interface DrawnMail {
  readonly number: number;
  readonly way: Way;
  readonly queue: ChaosQueue;
  readonly fileNames: readonly string[];
}

/** Mails with so many documents together. */
export function drawMails(random: SeededRandom, documents: number, withMailboxes: boolean): DrawnMail[] {
  const ways: readonly Way[] = withMailboxes ? ['smtp', 'lmtp', 'watched'] : ['smtp', 'lmtp'];
  const mails: DrawnMail[] = [];
  for (let missing = documents; missing > 0; ) {
    const number = mails.length + 1;
    const count = Math.min(missing, 1 + random.below(2));
    const fileNames = Array.from({ length: count }, (_, index) => `chaos-${number}-${index + 1}.pdf`);
    mails.push({ number, way: random.pick(ways), queue: random.pick(QUEUES), fileNames });
    missing -= count;
  }
  return mails;
}
