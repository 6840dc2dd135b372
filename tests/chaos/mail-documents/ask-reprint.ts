import { setTimeout as pause } from 'node:timers/promises';
import { documentsOf, reprintsOf, stepsOf } from '../judge/read-journey.js';
import type { MailedDocument } from '../judge/verdict.js';
import { limits } from '../limits.js';
import type { ChaosPlace } from '../set-up/chaos-place.js';

/**
 * Has a document printed once more when it is printed. Where no answer comes it does as a person does: looks whether the reprint was
 * taken, and asks again if not. Asked twice, it is wanted twice.
 */
export async function askReprint({ rest }: ChaosPlace, { fileName, journey }: MailedDocument, over: AbortSignal): Promise<void> {
  for (; !over.aborted; await pause(limits.lookMs)) {
    const steps = await stepsOf(rest, journey).catch(() => []);
    const jobId = documentsOf(steps).get(fileName);
    if (jobId === undefined || !steps.some(({ step, documentId }) => step === 'printed' && documentId === jobId)) continue;
    if (reprintsOf(steps, jobId).length > 0) return;
    await rest.post(`/api/v0/jobs/${jobId}/reprint`, {}).catch(() => undefined); // the journey says whether it was taken
  }
}
