import type { RestClient } from '@inkpost/suite/rest-client.js';
import type { Told } from './verdict.js';

export interface JourneyStep {
  readonly at: string;
  readonly service: string;
  readonly step: string;
  readonly detail: string;
  readonly documentId: string | null;
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** All that a journey says. @param journey `messageId=…` or `job=…` */
export async function stepsOf(rest: RestClient, journey: string): Promise<JourneyStep[]> {
  const { messages } = await rest.get<{ readonly messages: readonly { readonly steps: readonly JourneyStep[] }[] }>(`/api/v0/journey?${journey}`);
  return messages.flatMap(({ steps }) => steps);
}

/** The documents that came in with a mail or by a program: file name -> id, which is the job's too. */
export function documentsOf(steps: readonly JourneyStep[]): Map<string, string> {
  const taken = steps.filter(({ step }) => step === 'document-extracted' || step === 'submitted');
  return new Map(taken.map(({ documentId, evidence }) => [String(evidence['fileName']), documentId ?? '']));
}

/** File name -> how often this says that it is to be printed, and that it was. */
export function tellOf(steps: readonly JourneyStep[]): Map<string, Told> {
  return new Map([...documentsOf(steps)].map(([fileName, id]) => {
    const ids = [id, ...reprintsOf(steps, id)];
    return [fileName, { wanted: ids.length, printed: steps.filter(({ step, documentId }) => step === 'printed' && ids.includes(documentId ?? '')).length }];
  }));
}

/** The documents that a document was sealed as anew, to be printed once more. */
export function reprintsOf(steps: readonly JourneyStep[], documentId: string): string[] {
  return steps.filter(({ step, documentId: of }) => step === 'reprinted' && of === documentId).map(({ evidence }) => String(evidence['as']));
}
