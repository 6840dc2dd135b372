import { fact, given } from './evidence.js';
import type { Evidence } from './step.js';

/** `, for 0.120 EUR`, of thousandths; empty: nothing was charged. */
export function moneyWords(thousandths: string, e: Evidence): string {
  return thousandths === '' ? '' : `, for ${(Number(thousandths) / 1_000).toFixed(3)} ${fact(e, 'currency')}`.trimEnd();
}

/** What a rule did to a document. */
export function ruleWords(e: Evidence): string {
  const file = fact(e, 'fileName') || 'it';
  switch (fact(e, 'action')) {
    case 'refuse':
      return `refuses ${file}${given(e, 'message', ': ')}`;
    case 'redirect':
      return `sends ${file} to the queue${given(e, 'queueId', ' ')}`;
    case 'ask':
      return `asks before ${file} is printed${given(e, 'message', ': ')}`;
    default:
      return `decides how ${file} is printed${given(e, 'options', ' (', ')')}`;
  }
}
