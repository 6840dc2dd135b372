export type Language = 'en' | 'fr';

/** What holds for all accounts here. */
export class Installation {
  /** `language`: of people whose own is not known. */
  constructor(readonly language: Language) {}
}

/** The language of a BCP 47 tag, if it is one of ours: `fr-CA` is French. */
export function languageOf(tag: string): Language | undefined {
  const [primary] = tag.trim().toLowerCase().split('-');
  return primary === 'fr' || primary === 'en' ? primary : undefined;
}
