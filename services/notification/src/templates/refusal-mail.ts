import { refusedBlocks, type RefusedDocument } from './documents.js';
import { foreignText } from './foreign-text.js';
import type { Language } from './language.js';
import { type RenderedMail, renderLetter } from './letter.js';
import { messageReason } from './reasons.js';

export interface RefusalMail {
  readonly sender: string;
  /** Of the mail that is refused. */
  readonly subject: string;
  readonly reason: string;
  readonly statusText: string;
  readonly refused: readonly RefusedDocument[];
}

const WORDS = {
  fr: { subject: 'Non imprimé', noSubject: 'votre mail', title: 'Votre mail n’a pas été imprimé', help: (sender: string, statusText: string) => `Pour demander de l’aide, donnez votre adresse (${sender}) et ce message : ${statusText}` },
  en: { subject: 'Not printed', noSubject: 'your mail', title: 'Your mail was not printed', help: (sender: string, statusText: string) => `When you ask for help, give your address (${sender}) and this message: ${statusText}` },
} as const;

/** Says that nothing of a mail is printed, and why. */
export function renderRefusalMail(mail: RefusalMail, language: Language): RenderedMail {
  const words = WORDS[language];
  const colon = language === 'fr' ? ' : ' : ': ';
  return renderLetter(
    {
      subject: `${words.subject}${colon}${foreignText(mail.subject) || words.noSubject}`,
      title: words.title,
      blocks: [
        { kind: 'paragraph', text: messageReason(mail.reason, mail.statusText, language) },
        ...refusedBlocks(mail.refused, language),
        { kind: 'note', text: words.help(foreignText(mail.sender), foreignText(mail.statusText)) },
      ],
    },
    language,
  );
}
