import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { Confirmation } from '@inkpost/contracts/admin/v1/waiting_senders_pb.js';
import type { Language } from '../answer-route/browser.js';
import { Problem } from '../answer-route/problem.js';
import { type Page, renderPage } from '../show-page/page.js';

type Asked = 'sender' | 'sponsor';
type Words = Readonly<Record<Language, (address: string) => Pick<Page, 'title' | 'paragraphs'>>>;

/** What a link comes to, by who bears it. */
const WORDS: Readonly<Record<'waiting' | 'approved' | 'rejected', Readonly<Record<Asked, Words>>>> = {
  waiting: {
    sender: {
      en: (address) => ({ title: 'Did you send these documents?', paragraphs: [`Inkpost received documents to print from ${address}, which it does not know yet. If you sent them, an account is made for this address, and you get a mail with what you need to print. If not, nothing is printed.`] }),
      fr: (address) => ({ title: 'Avez-vous envoyé ces documents ?', paragraphs: [`Inkpost a reçu des documents à imprimer de ${address}, qu’il ne connaît pas encore. Si vous les avez envoyés, un compte est créé pour cette adresse et vous recevez un mail avec ce qu’il faut pour imprimer. Sinon, rien n’est imprimé.`] }),
    },
    sponsor: {
      en: (address) => ({ title: `Do you vouch for ${address}?`, paragraphs: ['This sender is not known here and wants to print. If you agree, a guest account is made for the address, with you as the person visited. If not, nothing is printed.'] }),
      fr: (address) => ({ title: `Répondez-vous de ${address} ?`, paragraphs: ['Cet expéditeur n’est pas connu ici et souhaite imprimer. Si vous acceptez, un compte invité est créé à cette adresse, et vous y figurez comme personne visitée. Sinon, rien n’est imprimé.'] }),
    },
  },
  approved: {
    sender: {
      en: (address) => ({ title: 'Thank you, it is confirmed', paragraphs: [`Documents from ${address} can be printed. You get a mail with what you need. You may close this page.`] }),
      fr: (address) => ({ title: 'Merci, c’est confirmé', paragraphs: [`Les documents de ${address} peuvent être imprimés. Vous recevez un mail avec ce qu’il vous faut. Vous pouvez fermer cette page.`] }),
    },
    sponsor: {
      en: (address) => ({ title: `${address} may print`, paragraphs: ['The sender was let in and is told by mail. You may close this page.'] }),
      fr: (address) => ({ title: `${address} peut imprimer`, paragraphs: ['L’expéditeur a été accepté et en est informé par mail. Vous pouvez fermer cette page.'] }),
    },
  },
  rejected: {
    sender: {
      en: (address) => ({ title: 'Nothing is printed', paragraphs: [`The documents that came in the name of ${address} are erased. You may close this page.`] }),
      fr: (address) => ({ title: 'Rien n’est imprimé', paragraphs: [`Les documents arrivés au nom de ${address} sont effacés. Vous pouvez fermer cette page.`] }),
    },
    sponsor: {
      en: (address) => ({ title: `${address} was not let in`, paragraphs: ['The documents are erased, and nothing is printed. You may close this page.'] }),
      fr: (address) => ({ title: `${address} n’a pas été accepté`, paragraphs: ['Les documents sont effacés, et rien n’est imprimé. Vous pouvez fermer cette page.'] }),
    },
  },
};

const EXPIRED: Words = {
  en: () => ({ title: 'This link has run out', paragraphs: ['Nobody answered in time, and the documents were erased. They can be sent again.'] }),
  fr: () => ({ title: 'Ce lien n’est plus valable', paragraphs: ['Personne n’a répondu à temps, et les documents ont été effacés. Ils peuvent être envoyés à nouveau.'] }),
};

const UNKNOWN: Readonly<Record<Language, Pick<Page, 'title' | 'paragraphs'>>> = {
  en: { title: 'This link is not known', paragraphs: ['Perhaps it was cut off on its way: open it again from the mail, in full.'] },
  fr: { title: 'Ce lien est inconnu', paragraphs: ['Il a peut-être été tronqué en chemin : ouvrez-le à nouveau depuis le mail, en entier.'] },
};

const LABELS = {
  en: { sender: ['Yes, I sent them', 'No, that was not me'], sponsor: ['Yes, let them print', 'No'], from: 'Sender', subject: 'Subject', documents: 'Documents', until: 'The link is valid until' },
  fr: { sender: ['Oui, je les ai envoyés', 'Non, ce n’est pas moi'], sponsor: ['Oui, j’en réponds', 'Non'], from: 'Expéditeur', subject: 'Objet', documents: 'Documents', until: 'Le lien est valable jusqu’au' },
} as const;

/** For a link that we did not mail, or that is forgotten. */
export class UnknownLink extends Problem {
  constructor() {
    super('not-found', 'There is no such link; open it from the mail, in full.');
  }
}

const SUBJECTS_SHOWN_MAX = 5;

/** What a link is about, with two buttons as long as an answer is waited for. `proof`: the last part of the page's own path. */
export function confirmationPage(confirmation: Confirmation, proof: string, language: Language): string {
  const { state, address } = confirmation;
  if (state === 'expired') return renderPage(EXPIRED[language](address), language);
  if (state !== 'waiting' && state !== 'approved' && state !== 'rejected') throw new Error(`guest-account gave the unknown state ${state}.`);
  const asked: Asked = confirmation.asked === 'sponsor' ? 'sponsor' : 'sender';
  const words = WORDS[state][asked][language](address);
  return renderPage(state === 'waiting' ? { ...words, ...question(confirmation, asked, proof, language) } : words, language);
}

function question({ displayName, address, subjects, documents, waitsUntil }: Confirmation, asked: Asked, proof: string, language: Language): Pick<Page, 'facts' | 'buttons'> {
  const labels = LABELS[language];
  const [yes, no] = labels[asked];
  const about = subjects.filter((subject) => subject !== '').slice(0, SUBJECTS_SHOWN_MAX);
  const moment = waitsUntil ? timestampDate(waitsUntil).toLocaleString(language === 'fr' ? 'fr-FR' : 'en-GB', { dateStyle: 'full', timeStyle: 'short', timeZone: 'UTC' }) : '';
  return {
    facts: [
      [labels.from, displayName === '' ? address : `${displayName} <${address}>`],
      ...about.map((subject) => [labels.subject, subject] as const),
      [labels.documents, String(documents)],
      [labels.until, `${moment} UTC`],
    ],
    buttons: [{ label: yes, action: `${proof}/approve` }, { label: no, action: `${proof}/reject` }],
  };
}

const TROUBLE: Readonly<Record<Language, Pick<Page, 'title' | 'paragraphs'>>> = {
  en: { title: 'This did not work', paragraphs: ['Nothing was changed. Open the link again from the mail in a moment.'] },
  fr: { title: 'Cela n’a pas fonctionné', paragraphs: ['Rien n’a été modifié. Ouvrez à nouveau le lien depuis le mail dans un moment.'] },
};

/** For whatever ended the request. */
export function confirmationRefusalPage(problem: Problem, language: Language): string {
  return renderPage(problem instanceof UnknownLink || problem.status < 429 ? UNKNOWN[language] : TROUBLE[language], language);
}
