import type { Language } from '../answer-route/browser.js';
import { Problem } from '../answer-route/problem.js';
import { renderPage } from '../show-page/page.js';

/** What a sign-in came to, without its outcome. */
export interface AssociationFacts {
  readonly mailboxAddress: string;
  /** Who signed in. */
  readonly account: string;
  /** Of outcome refused: why, and what to do, in English as all problems of mailboxes are. */
  readonly problem: string;
}

interface PageText {
  readonly title: string;
  readonly text: string;
}

type Wording = (facts: AssociationFacts) => PageText;
type Wordings = Readonly<Record<Language, Wording>>;

// The titles of success are the manual's own (SKY-082).
const ASSOCIATED: Wordings = {
  en: ({ mailboxAddress }) => ({ title: 'Account associated successfully', text: `Mails to ${mailboxAddress} are fetched from now on. You may close this page.` }),
  fr: ({ mailboxAddress }) => ({ title: 'Compte associé avec succès', text: `Les e-mails adressés à ${mailboxAddress} sont désormais relevés. Vous pouvez fermer cette page.` }),
};

const REFUSED = {
  'unknown-state': {
    en: () => ({ title: 'This sign-in is not known', text: 'Inkpost did not begin it, or has forgotten it. Begin again from the mailbox in Inkpost.' }),
    fr: () => ({ title: 'Cette connexion est inconnue', text: 'Inkpost ne l\'a pas commencée, ou l\'a oubliée. Recommencez depuis la boîte mail dans Inkpost.' }),
  },
  used: {
    en: () => ({ title: 'This sign-in was used already', text: 'It came back a second time, or another one was begun meanwhile. Look at the mailbox in Inkpost: if it is not associated, begin again.' }),
    fr: () => ({ title: 'Cette connexion a déjà servi', text: 'Elle est revenue une seconde fois, ou une autre a été commencée entre-temps. Consultez la boîte mail dans Inkpost : si elle n\'est pas associée, recommencez.' }),
  },
  expired: {
    en: () => ({ title: 'This sign-in took too long', text: 'It was good for 10 minutes. Begin again from the mailbox in Inkpost.' }),
    fr: () => ({ title: 'Cette connexion a pris trop de temps', text: 'Elle était valable 10 minutes. Recommencez depuis la boîte mail dans Inkpost.' }),
  },
  'other-browser': {
    en: () => ({ title: 'Another browser began this sign-in', text: 'Finish it in the browser in which it was begun, or begin again in this one.' }),
    fr: () => ({ title: 'Un autre navigateur a commencé cette connexion', text: 'Terminez-la dans le navigateur où elle a été commencée, ou recommencez dans celui-ci.' }),
  },
  'settings-changed': {
    en: ({ mailboxAddress }) => ({ title: 'The mailbox was changed meanwhile', text: `The settings of ${mailboxAddress} are no longer those that you consented to. Begin again from the mailbox in Inkpost.` }),
    fr: ({ mailboxAddress }) => ({ title: 'La boîte mail a été modifiée entre-temps', text: `Les paramètres de ${mailboxAddress} ne sont plus ceux auxquels vous avez consenti. Recommencez depuis la boîte mail dans Inkpost.` }),
  },
  'consent-denied': {
    en: ({ mailboxAddress }) => ({ title: 'The consent was declined', text: `Inkpost was given no access to ${mailboxAddress}. Begin again, and accept what is asked for.` }),
    fr: ({ mailboxAddress }) => ({ title: 'Le consentement a été refusé', text: `Inkpost n'a reçu aucun accès à ${mailboxAddress}. Recommencez, et acceptez ce qui est demandé.` }),
  },
  'other-account': {
    en: ({ mailboxAddress, account }) => ({
      title: 'Another account signed in',
      text: `${account || 'An account without an address'} signed in, but the mailbox is ${mailboxAddress}. Nothing was changed. Sign out there or open a private window, begin again, and sign in as ${mailboxAddress}. A shared mailbox, which nobody signs in to, needs the access "application".`,
    }),
    fr: ({ mailboxAddress, account }) => ({
      title: 'Un autre compte s\'est connecté',
      text: `${account || 'Un compte sans adresse'} s'est connecté, mais la boîte mail est ${mailboxAddress}. Rien n'a été modifié. Déconnectez-vous-en ou ouvrez une fenêtre privée, recommencez, et connectez-vous en tant que ${mailboxAddress}. Une boîte partagée, à laquelle personne ne se connecte, exige l'accès « application ».`,
    }),
  },
  refused: {
    en: ({ problem }) => ({ title: 'The account was not associated', text: problem }),
    fr: ({ problem }) => ({ title: 'Le compte n\'a pas été associé', text: problem }),
  },
} as const satisfies Readonly<Record<string, Wordings>>;

type RefusedOutcome = keyof typeof REFUSED;

/** Of a sign-in that came to nothing. */
export function isRefusedOutcome(outcome: string): outcome is RefusedOutcome {
  if (outcome === 'associated') return false;
  if (outcome in REFUSED) return true;
  throw new Error(`mail-ingest gave the unknown outcome ${outcome}.`);
}

/** Tells a person by a page, a program by its sentence, why a sign-in came to nothing. */
export class AssociationProblem extends Problem {
  constructor(
    private readonly outcome: RefusedOutcome,
    private readonly facts: AssociationFacts,
  ) {
    const { title, text } = REFUSED[outcome].en(facts);
    super('conflict', `${title}: ${text}`);
  }

  words(language: Language): PageText {
    return REFUSED[this.outcome][language](this.facts);
  }
}

export function associatedPage(facts: AssociationFacts, language: Language): string {
  return page(ASSOCIATED[language](facts), language);
}

const TROUBLE: Readonly<Record<Language, (detail: string) => PageText>> = {
  en: (detail) => ({ title: 'This did not work', text: `${detail} Begin again from the mailbox in Inkpost.` }),
  fr: (detail) => ({ title: 'Cela n\'a pas fonctionné', text: `${detail} Recommencez depuis la boîte mail dans Inkpost.` }),
};

/** For whatever ended the request: mail-ingest away, a broken query. */
export function refusalPage(problem: Problem, language: Language): string {
  return page(problem instanceof AssociationProblem ? problem.words(language) : TROUBLE[language](problem.detail), language);
}

function page({ title, text }: PageText, language: Language): string {
  return renderPage({ title, paragraphs: [text] }, language);
}
