/** The languages that Inkpost writes in. */
export const LANGUAGES = ['fr', 'en'] as const;

export type Language = (typeof LANGUAGES)[number];

/** The first of these BCP 47 tags that is one of ours (`fr-CA` is `fr`), else `byDefault`. */
export function chooseLanguage(wanted: readonly string[], byDefault: Language): Language {
  for (const tag of wanted) {
    const language = LANGUAGES.find((ours) => ours === tag.toLowerCase().split('-')[0]);
    if (language) return language;
  }
  return byDefault;
}

const plurals = { fr: new Intl.PluralRules('fr'), en: new Intl.PluralRules('en') };

/** `1 document`, `2 documents`: French counts zero as one, English as many. */
export function counted(language: Language, count: number, one: string, many: string): string {
  return `${count} ${plurals[language].select(count) === 'one' ? one : many}`;
}

/** French sets a no-break space inside « » and before : ; ! ? so that none of them begins a line. */
export function typeset(text: string, language: Language): string {
  return language === 'fr' ? text.replaceAll(/ (?=[:;!?»])|(?<=«) /gu, '\u00a0') : text;
}

/** Writes moments out for people, in one time zone: `Wednesday, 25 November 2026 at 14:05`. */
export class MomentWriter {
  private readonly formats: Readonly<Record<Language, Intl.DateTimeFormat>>;

  /** @param timeZone of the IANA database; absent: the system's. Throws a RangeError for an unknown one. */
  constructor(timeZone?: string) {
    // Made once: making a format costs a hundred times what using it does.
    const format = (locale: string) => new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit', timeZoneName: 'short', ...(timeZone !== undefined && { timeZone }) });
    this.formats = { fr: format('fr-FR'), en: format('en-GB') };
  }

  write(moment: Date, language: Language): string {
    return this.formats[language].format(moment);
  }
}
