import type { Payload } from '@inkpost/flow/payload.js';
import { foreignText } from './foreign-text.js';
import type { Language } from './language.js';

/** What is left of a balance or a quota, as the flow says it. */
export type LimitLeft = Pick<Payload<'print.job-held.v1'>['notices'][number]['limits'][number], 'kind' | 'name' | 'period' | 'currency' | 'left' | 'amount'>;

const LOCALES: Readonly<Record<Language, string>> = { fr: 'fr-FR', en: 'en-GB' };
const MILLI = 1_000;

const PERIODS: Readonly<Record<Language, ReadonlyMap<string, string>>> = {
  fr: new Map([['day', 'aujourd’hui'], ['week', 'cette semaine'], ['month', 'ce mois-ci']]),
  en: new Map([['day', 'today'], ['week', 'this week'], ['month', 'this month']]),
};

/** What somebody may still print, in one line (V-07): `12 of 200 pages this month (Pages), €3.20 on the balance`; empty where no limit holds. */
export function limitWords(limits: readonly LimitLeft[], language: Language): string {
  return limits.map((limit) => (limit.kind === 'balance' ? balanceWords(limit, language) : quotaWords(limit, language))).join(', ');
}

function balanceWords({ name, currency, left }: LimitLeft, language: Language): string {
  const money = moneyWords(Number(left), currency, language);
  const group = foreignText(name);
  if (language === 'fr') return group === '' ? `${money} sur votre solde` : `${money} sur le solde du groupe ${group}`;
  return group === '' ? `${money} on your balance` : `${money} on the balance of the group ${group}`;
}

function quotaWords({ name, period, currency, left, amount }: LimitLeft, language: Language): string {
  const write = (value: bigint): string => (currency === '' ? new Intl.NumberFormat(LOCALES[language]).format(value) : moneyWords(Number(value), currency, language));
  const [of, pages] = [language === 'fr' ? 'sur' : 'of', currency === '' ? ' pages' : ''];
  return `${write(left)} ${of} ${write(amount)}${pages} ${PERIODS[language].get(period) ?? period} (${foreignText(name)})`;
}

function moneyWords(thousandths: number, currency: string, language: Language): string {
  return new Intl.NumberFormat(LOCALES[language], { style: 'currency', currency }).format(thousandths / MILLI);
}
