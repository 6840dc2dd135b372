import type { JsonValue } from '@bufbuild/protobuf';
import { fact } from './evidence.js';
import type { Evidence } from './step.js';

/** IPP's keywords as people say them, after "printed". */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['color', 'in colour'], ['monochrome', 'in monochrome'],
  ['one-sided', 'on one side'], ['two-sided-long-edge', 'on both sides, turned on the long edge'], ['two-sided-short-edge', 'on both sides, turned on the short edge'],
]);

function wordsOf(evidence: Evidence, option: string): string {
  const said = fact(evidence, option);
  if (said === '') return '';
  if (option === 'copies') return `in ${said} copies`;
  if (option === 'media') return `on ${said}`;
  if (option === 'pageRanges') return `only pages ${said}`;
  return WORDS.get(said) ?? said;
}

const worded = (evidence: Evidence, options: readonly string[]): string => options.map((option) => wordsOf(evidence, option)).filter((words) => words !== '').join(' and ');

/** How a document is to be printed: `in colour and on one side`; empty where the step does not say. */
export function finishingWords(evidence: Evidence): string {
  return worded(evidence, ['colorMode', 'sides', 'copies', 'media', 'pageRanges']);
}

/** What of that the printer can't do: `the printer can't print in colour`; empty where it can do all, or nothing is said. */
export function notAppliedWords(evidence: Evidence): string {
  const options: JsonValue = evidence['notApplied'] ?? [];
  const words = Array.isArray(options) ? worded(evidence, options.map(String)) : '';
  return words === '' ? '' : `the printer can't print ${words}`;
}
