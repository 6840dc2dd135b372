/** A queue at a place, or below it. */
export interface QueueAtPlace {
  readonly queueId: string;
  readonly isHere: boolean;
}

export type Choice =
  | { readonly outcome: 'found'; readonly queueId: string }
  | { readonly outcome: 'queue-unknown' | 'location-unknown' | 'location-empty' }
  | { readonly outcome: 'location-ambiguous'; readonly queueIds: readonly string[] };

/** The queue that a place means: the one that stands there; where none does, the one below it. Which of several is not for a machine to guess. */
export function chooseAtPlace(queues: readonly QueueAtPlace[]): Choice {
  const here = queues.filter(({ isHere }) => isHere);
  const candidates = here.length > 0 ? here : queues;
  const [first] = candidates;
  if (!first) return { outcome: 'location-empty' };
  return candidates.length === 1 ? { outcome: 'found', queueId: first.queueId } : { outcome: 'location-ambiguous', queueIds: candidates.map(({ queueId }) => queueId) };
}
