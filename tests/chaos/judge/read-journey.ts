import type { RestClient } from '@inkpost/suite/rest-client.js';

export interface JourneyStep {
  readonly at: string;
  readonly service: string;
  readonly step: string;
  readonly detail: string;
  readonly documentId: string | null;
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** All that the journey says of a mail. */
export async function stepsOf(rest: RestClient, messageId: string): Promise<JourneyStep[]> {
  const { messages } = await rest.get<{ readonly messages: readonly { readonly steps: readonly JourneyStep[] }[] }>(`/api/v0/journey?messageId=${encodeURIComponent(messageId)}`);
  return messages.flatMap(({ steps }) => steps);
}

/** File name -> how often this says that it was printed. */
export function countPrinted(steps: readonly JourneyStep[]): Map<string, number> {
  const counts = new Map<string, number>();
  const extracted = steps.filter(({ step }) => step === 'document-extracted');
  for (const { documentId, evidence } of extracted) {
    const name = String(evidence['fileName']);
    const said = steps.filter(({ step, documentId: of }) => step === 'printed' && of === documentId).length;
    counts.set(name, (counts.get(name) ?? 0) + said);
  }
  return counts;
}
