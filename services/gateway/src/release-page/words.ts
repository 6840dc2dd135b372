import type { Language } from '../answer-route/browser.js';
import { ENGLISH } from './words-en.js';
import { FRENCH } from './words-fr.js';

/** Every text of the page, once per language. */
export interface Words {
  readonly start: string;
  readonly startAt: (queue: string) => string;
  readonly code: { readonly heading: string; readonly label: string; readonly hint: string; readonly button: string };
  readonly login: { readonly heading: string; readonly label: string; readonly button: string };
  readonly card: { readonly heading: string; readonly label: string; readonly hint: string; readonly button: string };
  readonly pin: string;
  readonly phone: { readonly heading: string; readonly text: string; readonly alternative: string };
  readonly noMeans: string;
  readonly signedOut: string;
  readonly signedOutMeanwhile: string;
  readonly errorTitle: string;
  readonly errors: { readonly codeMissing: string; readonly codeWrong: string; readonly loginMissing: string; readonly cardMissing: string; readonly pinWrong: string; readonly cardWrong: string; readonly passwordMissing: string; readonly passwordWrong: string; readonly lockedOut: (duration: string) => string };
  readonly documents: string;
  readonly signedInAs: (account: string) => string;
  readonly waiting: string;
  readonly nothingWaits: string;
  readonly choose: string;
  readonly print: string;
  readonly delete: string;
  readonly change: string;
  readonly finish: string;
  readonly back: string;
  readonly pages: (count: number) => string;
  readonly copies: (count: number) => string;
  readonly colorModes: Readonly<Record<string, string>>;
  readonly sides: Readonly<Record<string, string>>;
  readonly printedAt: (queue: string) => string;
  readonly price: (price: string) => string;
  readonly until: (moment: string) => string;
  readonly confirm: string;
  readonly asksFor: (means: readonly string[]) => string;
  readonly means: Readonly<Record<string, string>>;
  readonly onTheWay: string;
  readonly done: string;
  readonly lookAgain: string;
  readonly states: Readonly<Record<string, string>>;
  readonly reasons: Readonly<Record<string, string>>;
  readonly printed: { readonly title: string; readonly none: string; readonly goes: (count: number) => string; readonly stays: string; readonly why: Readonly<Record<string, string>>; readonly chooseFirst: string };
  readonly deletion: { readonly title: string; readonly text: (count: number) => string; readonly yes: string; readonly no: string; readonly done: (count: number) => string; readonly none: string; readonly doneTitle: string };
  readonly options: { readonly title: string; readonly color: string; readonly sides: string; readonly copies: string; readonly pageRanges: string; readonly pageRangesHint: string; readonly save: string; readonly forced: string; readonly notHeld: string; readonly wrong: Readonly<Record<string, string>> };
  readonly byMail: { readonly title: string; readonly link: string; readonly address: string; readonly hint: string; readonly code: string; readonly pin: string; readonly sent: string; readonly missing: string };
  readonly account: {
    readonly title: string; readonly link: string; readonly password: string; readonly button: string;
    readonly pin: string; readonly hasPin: string; readonly noPin: string; readonly newPin: (digits: number) => string; readonly again: string; readonly setPin: string; readonly pinSet: string; readonly pinsDiffer: string; readonly pinBad: (digits: number) => string;
    readonly left: string; readonly balance: (amount: string) => string; readonly quota: (name: string, used: string, amount: string) => string; readonly impressions: (count: string) => string; readonly periods: Readonly<Record<string, string>>;
    readonly history: string; readonly nothingPrinted: string; readonly older: string;
  };
  readonly pause: { readonly title: string; readonly text: (seconds: number) => string; readonly yes: string };
  readonly trouble: { readonly title: string; readonly unsafe: string; readonly foreign: string; readonly unavailable: string; readonly tooMany: string; readonly other: string };
}

const WORDS: Readonly<Record<Language, Words>> = { en: ENGLISH, fr: FRENCH };

export function wordsIn(language: Language): Words {
  return WORDS[language];
}

/** A length of time to wait, rounded up: `40 seconds`, `2 minutes`. */
export function durationIn(language: Language, seconds: number): string {
  const unit = seconds < 60 ? 'second' : 'minute';
  const value = unit === 'second' ? seconds : Math.ceil(seconds / 60);
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(value);
}

/** A moment where the server stands, with the name of its time zone. */
export function momentIn(language: Language, at: Date): string {
  return at.toLocaleString(language === 'fr' ? 'fr-FR' : 'en-GB', { weekday: 'long', day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit', timeZoneName: 'short' });
}

/** `price` in thousandths of the currency's unit. */
export function priceIn(language: Language, price: bigint, currency: string): string {
  return new Intl.NumberFormat(language === 'fr' ? 'fr-FR' : 'en-GB', { style: 'currency', currency, maximumFractionDigits: 3 }).format(Number(price) / 1_000);
}
