import type { Language, MomentWriter } from '../templates/language.js';
import { failedValues, waitingValues } from './macro-values.js';
import type { MacroValues } from './render-template.js';

const SAMPLE = {
  fr: { user: 'Camille Martin', queue: 'Accueil', subject: 'Réunion de lundi', documents: ['Ordre du jour.pdf', 'Plan d’accès.pdf'], refused: 'photo.jpg', quota: '163 sur 200 pages ce mois-ci (Pages)' },
  en: { user: 'Alex Taylor', queue: 'Reception', subject: 'Monday’s meeting', documents: ['Agenda.pdf', 'How to find us.pdf'], refused: 'photo.jpg', quota: '163 of 200 pages this month (Pages)' },
} as const;
/** Looks like a code and opens nothing: codes have no 0. */
const CODE = '0000TEST';

/** What a preview shows in place of what isn't there yet. */
export function sampleValues(moments: MomentWriter, language: Language, now: Date): MacroValues {
  const { user, queue, subject, documents: [first, second], refused, quota } = SAMPLE[language];
  const documents = [{ fileName: first, pages: 2 }, { fileName: second, pages: 1 }];
  const failure = { reason: 'document-format-error', statusText: 'The printer says: document-format-error.' };
  return {
    ...failedValues(documents[0] ?? { fileName: first, pages: 2 }, queue, failure, language),
    ...waitingValues({ code: CODE, queueName: queue, subject, documents, refused: [{ fileName: refused, reason: 'unsupported-format', statusText: '' }], heldUntil: now }, moments, language),
    $USER: user, $ADDRESS: 'somebody@example.org', $WHEN: moments.write(now, language), $QUEUEADMIN: 'printers@example.org', $QUEUESUPPORT: 'help@example.org', $QUEUEQUOTA: quota, $SERVER: 'printserver1', $CERTIFICATE: 'CN=print.example.org', $OBJECT: 'queue “front”', $RENAMED: 'front-Lyon',
  };
}
