import type { JsonValue } from '@bufbuild/protobuf';
import type { Evidence } from './step.js';

const LENGTH_MAX = 300;

/** A fact of the evidence as text; empty where it is missing. Cut short: evidence may quote a mail server at length. */
export function fact(evidence: Evidence, name: string): string {
  const text = asText(evidence[name]);
  return text.length > LENGTH_MAX ? `${text.slice(0, LENGTH_MAX)}…` : text;
}

/** A fact with words around it, or nothing where it is missing: `given(evidence, 'queueName', ' on ')`. */
export function given(evidence: Evidence, name: string, before: string, after = ''): string {
  const text = fact(evidence, name);
  return text === '' ? '' : `${before}${text}${after}`;
}

/** A count with its noun: `1 page`, `3 pages`; empty where the count is missing. */
export function counted(evidence: Evidence, name: string, noun: string): string {
  const count = fact(evidence, name);
  return count === '' ? '' : `${count} ${noun}${count === '1' ? '' : 's'}`;
}

/** Evidence that is a sentence or the end of one, without its full stop. */
export function clause(evidence: Evidence, name: string): string {
  return fact(evidence, name).replace(/[.\s]+$/, '');
}

/** What a failed step says of its cause, without the code in front that is for programs: `print.queue-unknown: There is …`. */
export function cause(evidence: Evidence): string {
  return clause(evidence, 'reason').replace(/^[a-z][\w-]*(?:\.[\w-]+)*: /, '') || 'no reason is given';
}

/** A time in the evidence as people write it. */
export function moment(evidence: Evidence, name: string): string {
  const text = fact(evidence, name);
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? `${text.slice(0, 10)} ${text.slice(11, 16)} UTC` : text;
}

/** All of the evidence, for a step that nobody has a sentence for. */
export function listFacts(evidence: Evidence): string {
  return Object.keys(evidence).filter((name) => fact(evidence, name) !== '').map((name) => `${name} ${fact(evidence, name)}`).join(', ');
}

function asText(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(asText).filter(Boolean).join('; ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
