import type { Language } from './language.js';
import { type RenderedMail, renderLetter } from './letter.js';

const WORDS = {
  fr: {
    subject: 'Test de réception d’Inkpost', title: 'Ce mail vérifie que les mails arrivent',
    text: 'Inkpost l’a envoyé à l’une de ses propres boîtes mail, et attend de l’y recevoir. Il n’est pas imprimé ; personne ne doit y répondre, et il peut être supprimé.',
  },
  en: {
    subject: 'Test of Inkpost’s reception', title: 'This mail checks that mails arrive',
    text: 'Inkpost sent it to one of its own mailboxes and expects to receive it there. It is not printed; nobody needs to answer it, and it may be deleted.',
  },
} as const;

/** What is sent to a mailbox to see whether it comes in. */
export function renderCanaryMail(language: Language): RenderedMail {
  const { subject, title, text } = WORDS[language];
  return renderLetter({ subject, title, blocks: [{ kind: 'paragraph', text }] }, language);
}
