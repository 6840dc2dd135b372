import { documentItems, type NamedDocument } from './documents.js';
import { foreignText } from './foreign-text.js';
import type { Language } from './language.js';
import { type RenderedMail, renderLetter } from './letter.js';

export interface ConfirmationMail {
  /** Of the unknown sender. */
  readonly address: string;
  readonly displayName: string;
  /** Of the sender's first mail that waits. */
  readonly subject: string;
  readonly documents: readonly NamedDocument[];
  readonly link: string;
  /** Written out: until when the link may be answered. */
  readonly until: string;
}

const WORDS = {
  fr: {
    confirm: {
      subject: 'Confirmez votre demande d’impression', title: 'Avez-vous envoyé ces documents ?',
      text: (address: string) => `Nous avons reçu des documents à imprimer de l’adresse ${address}, que nous ne connaissons pas encore. Si vous les avez envoyés, confirmez-le :`,
      label: 'Répondre', note: 'Si ce n’est pas vous, ignorez ce mail ou dites-le sur la même page : rien ne sera imprimé, et aucun compte ne sera créé.',
    },
    sponsor: {
      subject: (address: string) => `Répondez-vous de ${address} ?`, title: 'Un expéditeur inconnu souhaite imprimer',
      text: (sender: string) => `${sender} a envoyé des documents à imprimer et n’est pas connu ici. Vous faites partie des personnes qui peuvent en répondre :`,
      label: 'Répondre', note: 'Si vous acceptez, un compte invité est créé à cette adresse, et vous y figurez comme personne visitée. La première réponse compte.',
    },
    about: 'Objet du mail : ', documents: 'En attente', until: (moment: string) => `Le lien est valable jusqu’au ${moment}. Sans réponse d’ici là, les documents seront effacés.`,
  },
  en: {
    confirm: {
      subject: 'Confirm that you want to print', title: 'Did you send these documents?',
      text: (address: string) => `We received documents to print from the address ${address}, which we do not know yet. If you sent them, please confirm it:`,
      label: 'Answer', note: 'If it was not you, ignore this mail or say so on the same page: nothing will be printed, and no account will be created.',
    },
    sponsor: {
      subject: (address: string) => `Do you vouch for ${address}?`, title: 'An unknown sender wants to print',
      text: (sender: string) => `${sender} sent documents to print and is not known here. You are one of those who may vouch for unknown senders:`,
      label: 'Answer', note: 'If you do, a guest account is created for this address, with you as the person visited. The first answer counts.',
    },
    about: 'Subject of the mail: ', documents: 'Waiting', until: (moment: string) => `The link is valid until ${moment}. Without an answer the documents will be erased then.`,
  },
} as const;

/** Asks the sender whether the documents are theirs. */
export function renderConfirmationMail(mail: ConfirmationMail, language: Language): RenderedMail {
  const { subject, title, text, label, note } = WORDS[language].confirm;
  return renderAsking(mail, { subject, title, text: text(foreignText(mail.address)), label, note }, language);
}

/** Asks somebody who may vouch for unknown senders. */
export function renderSponsorMail(mail: ConfirmationMail, language: Language): RenderedMail {
  const { subject, title, text, label, note } = WORDS[language].sponsor;
  const address = foreignText(mail.address);
  const name = foreignText(mail.displayName);
  return renderAsking(mail, { subject: subject(address), title, text: text(name === '' ? address : `${name} (${address})`), label, note }, language);
}

interface AskingWords {
  readonly subject: string;
  readonly title: string;
  readonly text: string;
  readonly label: string;
  readonly note: string;
}

function renderAsking(mail: ConfirmationMail, { subject, title, text, label, note }: AskingWords, language: Language): RenderedMail {
  const words = WORDS[language];
  const about = foreignText(mail.subject);
  return renderLetter(
    {
      subject, title,
      blocks: [
        { kind: 'paragraph', text },
        { kind: 'link', label, url: mail.link },
        ...(about === '' ? [] : [{ kind: 'paragraph', text: `${words.about}${about}` } as const]),
        { kind: 'list', title: words.documents, items: documentItems(mail.documents, language) },
        { kind: 'paragraph', text: words.until(mail.until) },
        { kind: 'note', text: note },
      ],
    },
    language,
  );
}
