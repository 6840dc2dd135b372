export type Language = 'en' | 'fr';

/** What holds for all accounts here. */
export class Installation {
  /** `language`: of people whose own is not known. */
  constructor(readonly language: Language) {}
}
