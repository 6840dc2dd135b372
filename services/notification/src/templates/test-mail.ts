import type { Language } from './language.js';
import { type RenderedMail, renderLetter } from './letter.js';

const WORDS = {
  fr: { subject: 'Test du serveur d’envoi d’Inkpost', title: 'L’envoi de mails fonctionne', text: 'Ce mail a été envoyé par Inkpost à la demande d’un administrateur.' },
  en: { subject: 'Test of Inkpost’s outgoing mail', title: 'Outgoing mail works', text: 'This mail was sent by Inkpost because an administrator asked for it.' },
} as const;

/** What an administrator sends to see whether the outgoing mail server works. */
export function renderTestMail(language: Language): RenderedMail {
  const { subject, title, text } = WORDS[language];
  return renderLetter({ subject, title, blocks: [{ kind: 'paragraph', text }] }, language);
}
