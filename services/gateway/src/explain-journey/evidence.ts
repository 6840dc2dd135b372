import type { JsonValue } from '@bufbuild/protobuf';
import type { Evidence } from './step.js';

const LENGTH_MAX = 300;

/** A fact of the evidence as text; empty where it is missing. Cut short: evidence may quote a mail server at length. */
export function fact(evidence: Evidence, name: string): string {
  const text = asText(evidence[name]);
  return text.length > LENGTH_MAX ? `${text.slice(0, LENGTH_MAX)}…` : text;
}

/** Text before a fact and after it, or nothing where it is missing: `given(evidence, 'rule', ' by ')`. */
export function given(evidence: Evidence, name: string, before: string, after = ''): string {
  const text = fact(evidence, name);
  return text === '' ? '' : `${before}${text}${after}`;
}

/** All of the evidence, for a step that nobody has a sentence for. */
export function listFacts(evidence: Evidence): string {
  return Object.keys(evidence).filter((name) => fact(evidence, name) !== '').map((name) => `${name} ${fact(evidence, name)}`).join(', ');
}

/** `2026-07-31T18:00:00.000Z` as people write it. */
export function moment(text: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? `${text.slice(0, 10)} ${text.slice(11, 16)} UTC` : text;
}

function asText(value: JsonValue | undefined): string {
  if (value === undefined || value === null || value === '') return '';
  if (Array.isArray(value)) return value.map(asText).filter(Boolean).join('; ');
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
}
