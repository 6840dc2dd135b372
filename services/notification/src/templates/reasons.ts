import { foreignText } from './foreign-text.js';
import type { Language } from './language.js';

type Words = Readonly<Record<Language, string>>;

const TOO_COMPLEX: Words = { fr: 'trop complexe à examiner ; imprimez-le dans un nouveau PDF et envoyez celui-ci', en: 'too complex to examine; print it to a new PDF and send that' };
const STORED_BADLY: Words = { fr: 'le document n’est plus lisible chez nous ; renvoyez-le', en: 'we can’t read it any more; please send it again' };
const PROTECTED: Words = { fr: 'l’imprimante le refuse car il est protégé', en: 'the printer refuses it because it is protected' };
const PRINTER_REFUSES: Words = { fr: 'l’imprimante le refuse', en: 'the printer refuses it' };

/** Why a document isn't printed, in a few words after its name. */
const PART_REASONS: Readonly<Record<string, Words>> = {
  'unsupported-format': { fr: 'ce n’est pas un PDF', en: 'not a PDF' },
  'not-a-pdf': { fr: 'ce n’est pas un PDF', en: 'not a PDF' },
  encrypted: { fr: 'protégé par un mot de passe', en: 'protected by a password' },
  'printing-forbidden': { fr: 'son auteur n’autorise pas l’impression', en: 'its author does not allow it to be printed' },
  broken: { fr: 'endommagé ou incomplet', en: 'damaged or incomplete' },
  'no-pages': { fr: 'sans aucune page', en: 'it has no pages' },
  'too-large': { fr: 'fichier trop volumineux', en: 'too large a file' },
  'too-many-pages': { fr: 'trop de pages', en: 'too many pages' },
  'page-too-large': { fr: 'une page est trop grande pour être imprimée', en: 'a page is too large to print' },
  'too-slow': TOO_COMPLEX,
  'too-much-memory': TOO_COMPLEX,
  'encrypted-mail': { fr: 'le mail est chiffré ; renvoyez-le sans chiffrement', en: 'the mail is encrypted; send it without encryption' },
  'partial-mail': { fr: 'le mail a été envoyé en plusieurs morceaux ; renvoyez-le en un seul', en: 'the mail was sent in pieces; send it in one' },
  'too-many-documents': { fr: 'trop de documents dans un seul mail', en: 'too many documents in one mail' },
  'stored-damaged': STORED_BADLY,
  'stored-missing': STORED_BADLY,
  'no-longer-kept': STORED_BADLY,
  'document-lost': STORED_BADLY,
  // What a printer says of a document (RFC 8011, 5.3.8).
  'unsupported-document-format': { fr: 'l’imprimante n’accepte pas ce format', en: 'the printer does not take this format' },
  'document-format-error': { fr: 'l’imprimante n’a pas pu lire le document', en: 'the printer could not read the document' },
  'document-password-error': PROTECTED,
  'document-permission-error': PROTECTED,
  'document-security-error': PROTECTED,
  'document-access-error': PRINTER_REFUSES,
  'document-unprintable-error': PRINTER_REFUSES,
  'document-refused': PRINTER_REFUSES,
  'document-too-large': { fr: 'trop volumineux pour l’imprimante', en: 'too large for the printer' },
  'account-refused': { fr: 'l’imprimante n’accepte pas de travaux pour ce compte', en: 'the printer takes no jobs for this account' },
  'delivery-failed': { fr: 'il n’a pas pu être transmis à l’imprimante', en: 'it could not be sent to the printer' },
};

/** Why a whole mail isn't printed, in a sentence. */
const MESSAGE_REASONS: Readonly<Record<string, Words>> = {
  'sender-not-allowed': { fr: 'Cette adresse n’est pas autorisée à imprimer ici.', en: 'This address is not allowed to print here.' },
  'nothing-to-print': { fr: 'Votre mail ne contient aucun document imprimable. Joignez des fichiers PDF.', en: 'Your mail has no document that can be printed. Attach PDF files.' },
  'sender-unauthenticated': {
    fr: 'Rien ne prouve que ce mail vient de votre adresse (SPF, DKIM ou DMARC). Demandez à qui gère votre messagerie de signer ses mails.',
    en: 'Nothing shows that this mail came from your address (SPF, DKIM or DMARC). Ask whoever runs your mail server to have its mails signed.',
  },
  'authentication-unknown': {
    fr: 'Il n’a pas pu être vérifié que ce mail vient de votre adresse. Renvoyez-le plus tard.',
    en: 'It could not be checked whether this mail came from your address. Please send it again later.',
  },
  'no-account': { fr: 'Cette adresse ne correspond à aucun utilisateur.', en: 'Nobody is known by this address.' },
  'account-locked': { fr: 'Le compte de cette adresse est bloqué.', en: 'The account of this address is locked.' },
  'account-ambiguous': {
    fr: 'Plusieurs utilisateurs ont cette adresse. Demandez à votre administrateur de la laisser à un seul.',
    en: 'Several users have this address. Ask your administrator to leave it to one of them.',
  },
  'account-expired': { fr: 'Le compte de cette adresse a expiré.', en: 'The account of this address has expired.' },
  'account-not-yet-valid': { fr: 'Le compte de cette adresse n’est pas encore valable.', en: 'The account of this address is not valid yet.' },
  'sender-rejected': { fr: 'Votre demande d’impression a été refusée.', en: 'Your request to print was declined.' },
  'sender-not-confirmed': {
    fr: 'Personne n’a confirmé votre demande à temps. Renvoyez votre mail si vous en avez toujours besoin.',
    en: 'Nobody confirmed your request in time. Send your mail again if you still need it.',
  },
  'too-many-waiting': { fr: 'Trop de vos mails attendent déjà une réponse.', en: 'Too many of your mails wait for an answer already.' },
  'account-not-created': { fr: 'Un compte n’a pas pu être créé pour cette adresse.', en: 'An account could not be created for this address.' },
};

/** In words of the reader's language, or else the status text of whoever refused it. */
export function partReason(reason: string, statusText: string, language: Language): string {
  return PART_REASONS[reason]?.[language] ?? foreignText(statusText);
}

/** As `partReason`, for a message; a known sentence says what to do, the status text is for whoever is asked for help. */
export function messageReason(reason: string, statusText: string, language: Language): string {
  return MESSAGE_REASONS[reason]?.[language] ?? foreignText(statusText);
}
