import { setTimeout as pause } from 'node:timers/promises';
import { ProblemError } from '@inkpost/suite/rest-client.js';
import { stepsOf } from '../judge/read-journey.js';
import { limits } from '../limits.js';
import type { ChaosPlace } from '../set-up/chaos-place.js';
import type { SentDocuments } from './sent-documents.js';

const CODE = /\b([2-9A-HJ-NP-Z]{4}-?[2-9A-HJ-NP-Z]{4})\b/;

/** Waits for the code mail and gives the code until Inkpost has taken it. A code mail may come twice, with the same code. */
export async function giveCode({ rest, sink }: ChaosPlace, { person, journey }: SentDocuments, over: AbortSignal): Promise<void> {
  const isReleased = async (): Promise<boolean> => (await stepsOf(rest, journey)).some(({ step }) => step === 'released');
  for (let refusals = 0; !over.aborted; await pause(limits.lookMs)) {
    const code = sink.mails.findLast(({ to, text }) => to.includes(person) && CODE.test(text))?.text.match(CODE)?.[1];
    if (code === undefined) continue;
    try {
      await rest.post('/api/v0/release', { code });
      return;
    } catch (error) {
      // Released by an earlier try whose answer was lost, and printed since: then the code is none any more.
      if (await isReleased().catch(() => false)) return;
      if (!(error instanceof ProblemError && error.status === 422)) continue;
      refusals += 1;
      if (refusals >= limits.refusalsMax) throw new Error(`The code that was mailed to ${person} is refused: ${error.message}`, { cause: error });
    }
  }
}
