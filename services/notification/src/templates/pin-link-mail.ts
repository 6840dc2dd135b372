import type { Language } from './language.js';
import { type RenderedMail, renderLetter } from './letter.js';

export interface PinLinkMail {
  readonly link: string;
  /** Written out: until when it is good. */
  readonly until: string;
}

const WORDS = {
  fr: {
    subject: 'Choisissez votre PIN', title: 'Choisissez votre PIN',
    text: 'Avec votre identifiant ou votre carte, ce PIN vous permet de retirer vos documents. Pour le choisir :',
    label: 'Choisir mon PIN', until: (moment: string) => `Le lien sert une seule fois, jusqu’au ${moment}.`,
    note: 'Si vous ne l’avez pas demandé, ignorez ce mail : rien ne change.',
  },
  en: {
    subject: 'Choose your PIN', title: 'Choose your PIN',
    text: 'Together with your login or your card, this PIN lets you fetch your documents. To choose it:',
    label: 'Choose my PIN', until: (moment: string) => `The link works once, until ${moment}.`,
    note: 'If you did not ask for it, ignore this mail: nothing changes.',
  },
} as const;

/** Brings a link to set the own PIN (V-05); never the PIN itself. */
export function renderPinLinkMail({ link, until }: PinLinkMail, language: Language): RenderedMail {
  const { subject, title, text, label, note, ...words } = WORDS[language];
  return renderLetter(
    { subject, title, blocks: [{ kind: 'paragraph', text }, { kind: 'link', label, url: link }, { kind: 'paragraph', text: words.until(until) }, { kind: 'note', text: note }] },
    language,
  );
}
