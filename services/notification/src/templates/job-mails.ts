import { countedDocuments, documentItems, documentName, type NamedDocument } from './documents.js';
import { foreignText } from './foreign-text.js';
import type { Language } from './language.js';
import { type RenderedMail, renderLetter } from './letter.js';
import { partReason } from './reasons.js';

/** What the mails about jobs, after the code, have in common. */
export interface JobMail {
  readonly queueName: string;
  readonly documents: readonly NamedDocument[];
}

const WORDS = {
  fr: {
    aborted: { subject: 'Non imprimé : ', title: 'Un document n’a pas pu être imprimé', sent: (queue: string) => `Il était destiné à « ${queue} », mais n’a pas été imprimé.`, reason: 'Raison : ', detail: 'Détail pour qui vous aide : ', again: 'Renvoyez-le si vous en avez toujours besoin.' },
    expiring: {
      subject: (documents: string) => `Rappel : ${documents} en attente d’impression`, title: 'Vos documents vous attendent toujours', waiting: (queue: string) => `En attente sur « ${queue} »`,
      until: (moment: string) => `Retirez-les avec le code reçu par mail avant le ${moment}. Passé ce délai, ils seront effacés.`,
    },
    expired: {
      subject: (documents: string) => `Non retiré : ${documents}`, title: 'Vos documents ont été effacés', erased: (queue: string) => `Ils n’ont pas été retirés à temps sur « ${queue} » et ne seront pas imprimés.`,
      documents: 'Effacé', again: 'Renvoyez-les si vous en avez toujours besoin.',
    },
    completed: { subject: 'Imprimé : ', title: 'Votre document est imprimé', where: (queue: string, moment: string) => `Il a été imprimé sur « ${queue} », ${moment}.`, documents: 'Imprimé' },
  },
  en: {
    aborted: { subject: 'Not printed: ', title: 'A document could not be printed', sent: (queue: string) => `It was meant for “${queue}”, but was not printed.`, reason: 'Reason: ', detail: 'Detail for whoever helps you: ', again: 'Send it again if you still need it.' },
    expiring: {
      subject: (documents: string) => `Reminder: ${documents} waiting to be printed`, title: 'Your documents are still waiting for you', waiting: (queue: string) => `Waiting on “${queue}”`,
      until: (moment: string) => `Fetch them with the code that we mailed to you before ${moment}. After that they will be erased.`,
    },
    expired: {
      subject: (documents: string) => `Not fetched: ${documents}`, title: 'Your documents were erased', erased: (queue: string) => `They were not fetched in time on “${queue}” and will not be printed.`,
      documents: 'Erased', again: 'Send them again if you still need them.',
    },
    completed: { subject: 'Printed: ', title: 'Your document is printed', where: (queue: string, moment: string) => `It was printed on “${queue}”, ${moment}.`, documents: 'Printed' },
  },
} as const;

/** A job that won't be printed, and why. */
export function renderAbortedMail(mail: JobMail & { readonly reason: string; readonly statusText: string }, language: Language): RenderedMail {
  const words = WORDS[language].aborted;
  const items = documentItems(mail.documents, language);
  return renderLetter(
    {
      subject: `${words.subject}${documentName(mail.documents[0]?.fileName ?? '', language)}`,
      title: words.title,
      blocks: [
        { kind: 'list', title: 'Document', items },
        { kind: 'paragraph', text: words.sent(foreignText(mail.queueName)) },
        { kind: 'paragraph', text: `${words.reason}${partReason(mail.reason, mail.statusText, language)}` },
        { kind: 'paragraph', text: words.again },
        { kind: 'note', text: `${words.detail}${foreignText(mail.statusText)}` },
      ],
    },
    language,
  );
}

/** Documents that will soon be too old to be released. */
export function renderExpiringMail(mail: JobMail & { readonly heldUntil: string }, language: Language): RenderedMail {
  const words = WORDS[language].expiring;
  return renderLetter(
    {
      subject: words.subject(countedDocuments(mail.documents.length, language)),
      title: words.title,
      blocks: [
        { kind: 'list', title: words.waiting(foreignText(mail.queueName)), items: documentItems(mail.documents, language) },
        { kind: 'paragraph', text: words.until(mail.heldUntil) },
      ],
    },
    language,
  );
}

/** Documents that nobody fetched in time. */
export function renderExpiredMail(mail: JobMail, language: Language): RenderedMail {
  const words = WORDS[language].expired;
  return renderLetter(
    {
      subject: words.subject(countedDocuments(mail.documents.length, language)),
      title: words.title,
      blocks: [
        { kind: 'paragraph', text: words.erased(foreignText(mail.queueName)) },
        { kind: 'list', title: words.documents, items: documentItems(mail.documents, language) },
        { kind: 'note', text: words.again },
      ],
    },
    language,
  );
}

/** A job that the printer says it printed. */
export function renderCompletedMail(mail: JobMail & { readonly completedAt: string }, language: Language): RenderedMail {
  const words = WORDS[language].completed;
  return renderLetter(
    {
      subject: `${words.subject}${documentName(mail.documents[0]?.fileName ?? '', language)}`,
      title: words.title,
      blocks: [
        { kind: 'paragraph', text: words.where(foreignText(mail.queueName), mail.completedAt) },
        { kind: 'list', title: words.documents, items: documentItems(mail.documents, language) },
      ],
    },
    language,
  );
}
