import type { JourneyEntry } from '@inkpost/journey/journey-entry.js';
import type { FilterDecision } from './decide-filters.js';

/** Which rules had a say about a document, and what of it they changed. `at`: when they were looked at. */
export function filterEntries({ documentId, fileName }: { readonly documentId: string; readonly fileName: string }, decision: FilterDecision, at: 'hold' | 'release'): JourneyEntry[] {
  return decision.applied.map(({ filterId, name, action }) => ({ step: 'filter-applied', document: documentId, evidence: { fileName, filter: name, filterId, action, at, ...whatOf(action, decision) } }));
}

function whatOf(action: string, { refusal, question, queueId, forced }: FilterDecision) {
  switch (action) {
    case 'refuse':
      return { message: refusal ?? '' };
    case 'ask':
      return { message: question };
    case 'redirect':
      return { queueId };
    default:
      return { options: [...forced] };
  }
}
