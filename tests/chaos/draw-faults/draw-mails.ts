import { type ChaosQueue, QUEUES } from '../set-up/queues.js';
import type { SeededRandom } from './seeded-random.js';

/** How documents come in: by mail, or handed in by a program. */
export type Way = 'smtp' | 'lmtp' | 'watched' | 'program';

/** A mail to be sent, with one or two documents, or one document that a program hands in. */
export interface DrawnMail {
  readonly number: number;
  readonly way: Way;
  readonly queue: ChaosQueue;
  readonly fileNames: readonly string[];
}

/** Mails with so many documents together. Each way and each queue comes again only when all have come, so that each moment comes soon. */
export function drawMails(random: SeededRandom, documents: number, withMailboxes: boolean): DrawnMail[] {
  const nextWay = inTurns<Way>(random, withMailboxes ? ['smtp', 'lmtp', 'watched', 'program'] : ['smtp', 'lmtp', 'program']);
  const nextQueue = inTurns<ChaosQueue>(random, QUEUES);
  const mails: DrawnMail[] = [];
  for (let missing = documents; missing > 0; ) {
    const [number, way] = [mails.length + 1, nextWay()];
    const count = way === 'program' ? 1 : Math.min(missing, 1 + random.below(2));
    const fileNames = Array.from({ length: count }, (_, index) => `chaos-${number}-${index + 1}.pdf`);
    mails.push({ number, way, queue: nextQueue(), fileNames });
    missing -= count;
  }
  return mails;
}

function inTurns<Value>(random: SeededRandom, values: readonly Value[]): () => Value {
  let rest: Value[] = [];
  return () => {
    if (rest.length === 0) rest = random.shuffled(values);
    const [next = random.pick(values), ...others] = rest;
    rest = others;
    return next;
  };
}
