import { countedDocuments, documentItems, type NamedDocument, refusedBlocks, type RefusedDocument } from './documents.js';
import { foreignText } from './foreign-text.js';
import type { Language } from './language.js';
import { type RenderedMail, renderLetter } from './letter.js';

export interface CodeMail {
  readonly code: string;
  readonly queueName: string;
  /** Of the mail that brought the documents. */
  readonly subject: string;
  readonly documents: readonly NamedDocument[];
  readonly refused: readonly RefusedDocument[];
  /** Written out: when the documents expire. */
  readonly heldUntil: string;
}

const WORDS = {
  fr: {
    subject: (documents: string) => `Votre code pour imprimer ${documents}`,
    title: 'Vos documents vous attendent',
    how: (queue: string) => `Saisissez ce code à un point de retrait de « ${queue} » pour imprimer :`,
    waiting: 'En attente',
    until: (moment: string) => `Le code est valable jusqu’au ${moment}. Les documents non retirés d’ici là seront effacés.`,
    typing: 'Majuscules et tiret sont sans importance. Gardez ce code pour vous : il suffit pour imprimer vos documents.',
  },
  en: {
    subject: (documents: string) => `Your code to print ${documents}`,
    title: 'Your documents are waiting for you',
    how: (queue: string) => `Enter this code at a release point of “${queue}” to print:`,
    waiting: 'Waiting',
    until: (moment: string) => `The code is valid until ${moment}. Documents that were not fetched by then will be erased.`,
    typing: 'Capitals and the dash do not matter. Keep this code to yourself: it is all it takes to print your documents.',
  },
} as const;

/** Groups of four are read and typed with fewer mistakes: `ABCD-EFGH`. */
export function readableCode(code: string): string {
  return code.match(/.{1,4}/gsu)?.join('-') ?? code;
}

/** The mail that brings the code (SKY-005). The subject never bears it: subjects show on locked screens. */
export function renderCodeMail(mail: CodeMail, language: Language): RenderedMail {
  const words = WORDS[language];
  const about = foreignText(mail.subject);
  const subject = words.subject(countedDocuments(mail.documents.length, language));
  return renderLetter(
    {
      subject: about === '' ? subject : `${subject} – ${about}`,
      title: words.title,
      blocks: [
        { kind: 'paragraph', text: words.how(foreignText(mail.queueName)) },
        { kind: 'code', code: readableCode(mail.code) },
        { kind: 'list', title: words.waiting, items: documentItems(mail.documents, language) },
        ...refusedBlocks(mail.refused, language),
        { kind: 'paragraph', text: words.until(mail.heldUntil) },
        { kind: 'note', text: words.typing },
      ],
    },
    language,
  );
}
