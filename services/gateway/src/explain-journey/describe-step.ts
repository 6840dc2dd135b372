import { listFacts } from './evidence.js';
import { SENTENCES } from './sentences.js';
import type { Step } from './step.js';

/** A step in a sentence for people, with what matters of its evidence. */
export function describeStep({ service, step, evidence }: Step): string {
  if (Object.hasOwn(SENTENCES, step)) return SENTENCES[step]?.(evidence) ?? '';
  const facts = listFacts(evidence);
  return `${service}: ${step.replaceAll('-', ' ')}${facts === '' ? '' : ` (${facts})`}.`;
}
