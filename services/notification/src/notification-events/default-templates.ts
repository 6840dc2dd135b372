import type { Language } from '../templates/language.js';
import type { EventName, Template } from './notification-event.js';

const FR_WAITING = `En attente
$DOCUMENTS

Ne sera pas imprimé
$REFUSED`;
const EN_WAITING = `Waiting
$DOCUMENTS

Not printed
$REFUSED`;
const FR_CODE_NOTE = '> Majuscules et tiret sont sans importance. Gardez ce code pour vous : il suffit pour imprimer vos documents.';
const EN_CODE_NOTE = '> Capitals and the dash do not matter. Keep this code to yourself: it is all it takes to print your documents.';
const FR_LEFT = '> Vous pouvez encore imprimer : $QUEUEQUOTA';
const EN_LEFT = '> You can still print: $QUEUEQUOTA';
const FR_HELP = '> De l’aide : $QUEUESUPPORT';
const EN_HELP = '> For help: $QUEUESUPPORT';

/** The words that Inkpost brings along, in the form that administrators write theirs in. */
export const DEFAULT_TEMPLATES: Readonly<Record<EventName, Readonly<Record<Language, Template>>>> = {
  'document-waiting': {
    fr: {
      subject: 'Votre code pour imprimer $COUNT – $SUBJECT', title: 'Vos documents vous attendent',
      text: `Saisissez ce code à un point de retrait de « $QUEUE » pour imprimer :\n\n$CODE\n\n${FR_WAITING}\n\nLe code est valable jusqu’au $UNTIL. Les documents non retirés d’ici là seront effacés.\n\n${FR_CODE_NOTE}\n\n${FR_LEFT}\n\n${FR_HELP}`,
    },
    en: {
      subject: 'Your code to print $COUNT – $SUBJECT', title: 'Your documents are waiting for you',
      text: `Enter this code at a release point of “$QUEUE” to print:\n\n$CODE\n\n${EN_WAITING}\n\nThe code is valid until $UNTIL. Documents that were not fetched by then will be erased.\n\n${EN_CODE_NOTE}\n\n${EN_LEFT}\n\n${EN_HELP}`,
    },
  },
  'document-waiting-pin': {
    fr: {
      subject: '$COUNT en attente d’impression – $SUBJECT', title: 'Vos documents vous attendent',
      text: `À un point de retrait de « $QUEUE », utilisez votre PIN avec votre identifiant ou votre carte pour imprimer.\n\n${FR_WAITING}\n\nLes documents non retirés jusqu’au $UNTIL seront effacés.\n\n> Pas encore de PIN, ou oublié ? Au point de retrait, faites-vous envoyer un lien pour le définir.\n\n${FR_LEFT}\n\n${FR_HELP}`,
    },
    en: {
      subject: '$COUNT waiting to be printed – $SUBJECT', title: 'Your documents are waiting for you',
      text: `At a release point of “$QUEUE”, use your PIN with your login or your card to print.\n\n${EN_WAITING}\n\nDocuments that were not fetched until $UNTIL will be erased.\n\n> No PIN yet, or forgotten? At the release point, have a link mailed to set it.\n\n${EN_LEFT}\n\n${EN_HELP}`,
    },
  },
  'code-requested': {
    fr: {
      subject: 'Votre nouveau code pour imprimer $COUNT', title: 'Votre nouveau code',
      text: `Saisissez ce code à un point de retrait de « $QUEUE » pour imprimer :\n\n$CODE\n\nEn attente\n$DOCUMENTS\n\n${FR_CODE_NOTE}\n\n> Si vous n’avez pas demandé ce code, ignorez ce mail : personne d’autre ne l’a reçu.\n\n${FR_HELP}`,
    },
    en: {
      subject: 'Your new code to print $COUNT', title: 'Your new code',
      text: `Enter this code at a release point of “$QUEUE” to print:\n\n$CODE\n\nWaiting\n$DOCUMENTS\n\n${EN_CODE_NOTE}\n\n> If you did not ask for this code, ignore this mail: nobody else received it.\n\n${EN_HELP}`,
    },
  },
  printed: {
    fr: { subject: 'Imprimé : $DOCUMENTS', title: 'Votre document est imprimé', text: 'Il a été imprimé sur « $QUEUE », $WHEN.\n\nImprimé\n$DOCUMENTS' },
    en: { subject: 'Printed: $DOCUMENTS', title: 'Your document is printed', text: 'It was printed on “$QUEUE”, $WHEN.\n\nPrinted\n$DOCUMENTS' },
  },
  failed: {
    fr: {
      subject: 'Non imprimé : $DOCUMENTS', title: 'Un document n’a pas pu être imprimé',
      text: `Document\n$DOCUMENTS\n\nIl était destiné à « $QUEUE », mais n’a pas été imprimé.\n\nRaison : $REASON\n\nRenvoyez-le si vous en avez toujours besoin.\n\n> Détail pour qui vous aide : $DETAIL\n\n${FR_HELP}`,
    },
    en: {
      subject: 'Not printed: $DOCUMENTS', title: 'A document could not be printed',
      text: `Document\n$DOCUMENTS\n\nIt was meant for “$QUEUE”, but was not printed.\n\nReason: $REASON\n\nSend it again if you still need it.\n\n> Detail for whoever helps you: $DETAIL\n\n${EN_HELP}`,
    },
  },
  expiring: {
    fr: {
      subject: 'Rappel : $COUNT en attente d’impression', title: 'Vos documents vous attendent toujours',
      text: `En attente sur « $QUEUE »\n$DOCUMENTS\n\nRetirez-les avec le code reçu par mail, ou votre PIN, avant le $UNTIL. Passé ce délai, ils seront effacés.\n\n${FR_HELP}`,
    },
    en: {
      subject: 'Reminder: $COUNT waiting to be printed', title: 'Your documents are still waiting for you',
      text: `Waiting on “$QUEUE”\n$DOCUMENTS\n\nFetch them with the code that we mailed to you, or your PIN, before $UNTIL. After that they will be erased.\n\n${EN_HELP}`,
    },
  },
  expired: {
    fr: { subject: 'Non retiré : $COUNT', title: 'Vos documents ont été effacés', text: 'Ils n’ont pas été retirés à temps sur « $QUEUE » et ne seront pas imprimés.\n\nEffacé\n$DOCUMENTS\n\n> Renvoyez-les si vous en avez toujours besoin.' },
    en: { subject: 'Not fetched: $COUNT', title: 'Your documents were erased', text: 'They were not fetched in time on “$QUEUE” and will not be printed.\n\nErased\n$DOCUMENTS\n\n> Send them again if you still need them.' },
  },
  refused: {
    fr: {
      subject: 'Non imprimé : $SUBJECT', title: 'Votre mail n’a pas été imprimé',
      text: '$REASON\n\nNe sera pas imprimé\n$REFUSED\n\n> Pour demander de l’aide, donnez votre adresse ($ADDRESS) et ce message : $DETAIL',
    },
    en: {
      subject: 'Not printed: $SUBJECT', title: 'Your mail was not printed',
      text: '$REASON\n\nNot printed\n$REFUSED\n\n> When you ask for help, give your address ($ADDRESS) and this message: $DETAIL',
    },
  },
  'certificate-expiring': {
    fr: {
      subject: 'Le certificat du serveur HTTP va bientôt expirer : $SERVER', title: 'Le certificat du serveur HTTP va bientôt expirer',
      text: 'Le certificat « $CERTIFICATE » du serveur $SERVER est valable jusqu’au $UNTIL. Passé ce délai, les navigateurs et les autres serveurs le refuseront.\n\nInstallez-en un nouveau avant cette date.',
    },
    en: {
      subject: 'The HTTP server’s certificate will expire soon: $SERVER', title: 'The HTTP server’s certificate will expire soon',
      text: 'The certificate “$CERTIFICATE” of the server $SERVER is valid until $UNTIL. After that, browsers and other servers will refuse it.\n\nInstall a new one before.',
    },
  },
  'certificate-expired': {
    fr: {
      subject: 'Le certificat du serveur HTTP a expiré : $SERVER', title: 'Le certificat du serveur HTTP a expiré',
      text: 'Le certificat « $CERTIFICATE » du serveur $SERVER était valable jusqu’au $UNTIL. Les navigateurs et les autres serveurs le refusent.\n\nInstallez-en un nouveau.',
    },
    en: {
      subject: 'The HTTP server’s certificate is expired: $SERVER', title: 'The HTTP server’s certificate is expired',
      text: 'The certificate “$CERTIFICATE” of the server $SERVER was valid until $UNTIL. Browsers and other servers refuse it.\n\nInstall a new one.',
    },
  },
  'object-renamed': {
    fr: {
      subject: 'Un objet de $SERVER a changé de nom : $RENAMED', title: 'Un objet de ce serveur a cédé sa place',
      text: 'Le serveur maître du domaine partage $OBJECT. Un objet propre au serveur $SERVER occupait cette place. Ce qu’il est devenu : $RENAMED\n\nVérifiez si vous en avez encore besoin.',
    },
    en: {
      subject: 'An object of $SERVER bears another name: $RENAMED', title: 'An object of this server stepped aside',
      text: 'The master of the domain shares $OBJECT. An object of the server $SERVER itself was in its place. What became of it: $RENAMED\n\nSee whether you still need it.',
    },
  },
};
