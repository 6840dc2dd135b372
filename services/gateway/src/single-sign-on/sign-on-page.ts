import type { Language } from '../answer-route/browser.js';
import { Problem, type ProblemKind } from '../answer-route/problem.js';
import { renderPage } from '../show-page/page.js';

interface Words {
  readonly title: string;
  readonly text: string;
}

type Wording = (problem: string) => Words;

interface Refusal extends Readonly<Record<Language, Wording>> {
  readonly kind: ProblemKind;
  /** Another try may do better. */
  readonly again: boolean;
}

const REFUSALS = {
  off: {
    kind: 'not-found', again: false,
    en: () => ({ title: 'There is no single sign-on here', text: 'Sign in with account and password.' }),
    fr: () => ({ title: 'L\'authentification unique n\'est pas disponible', text: 'Connectez-vous avec un compte et un mot de passe.' }),
  },
  unknown: {
    kind: 'conflict', again: true,
    en: () => ({ title: 'This sign-in is not known', text: 'Another browser began it, or Inkpost was opened at another address than its public one, or it was used already.' }),
    fr: () => ({ title: 'Cette connexion est inconnue', text: 'Un autre navigateur l\'a commencée, ou Inkpost a été ouvert à une autre adresse que son adresse publique, ou elle a déjà servi.' }),
  },
  expired: {
    kind: 'conflict', again: true,
    en: () => ({ title: 'This sign-in took too long', text: 'It was good for 10 minutes.' }),
    fr: () => ({ title: 'Cette connexion a pris trop de temps', text: 'Elle était valable 10 minutes.' }),
  },
  changed: {
    kind: 'conflict', again: true,
    en: () => ({ title: 'The settings were changed meanwhile', text: 'An administrator changed the single sign-on while you signed in.' }),
    fr: () => ({ title: 'Les paramètres ont été modifiés entre-temps', text: 'Un administrateur a modifié l\'authentification unique pendant votre connexion.' }),
  },
  declined: {
    kind: 'sign-on-refused', again: true,
    en: () => ({ title: 'The sign-in was declined', text: 'You, or a rule of your organisation, declined it at the sign-in server.' }),
    fr: () => ({ title: 'La connexion a été refusée', text: 'Vous-même, ou une règle de votre organisation, l\'avez refusée sur le serveur d\'authentification.' }),
  },
  nameless: {
    kind: 'sign-on-refused', again: false,
    en: (problem) => ({ title: 'The sign-in server does not say who you are', text: `For your administrator: ${problem}` }),
    fr: (problem) => ({ title: 'Le serveur d\'authentification ne dit pas qui vous êtes', text: `Pour votre administrateur : ${problem}` }),
  },
  refused: {
    kind: 'sign-on-refused', again: true,
    en: (problem) => ({ title: 'The sign-in did not work', text: `For your administrator: ${problem}` }),
    fr: (problem) => ({ title: 'La connexion n\'a pas fonctionné', text: `Pour votre administrateur : ${problem}` }),
  },
  'unknown-account': {
    kind: 'sign-on-refused', again: false,
    en: () => ({ title: 'You have no account here', text: 'Your organisation vouches for you, but its directory in Inkpost does not know you, or your account is locked.' }),
    fr: () => ({ title: 'Vous n\'avez pas de compte ici', text: 'Votre organisation vous reconnaît, mais son annuaire dans Inkpost ne vous connaît pas, ou votre compte est verrouillé.' }),
  },
} as const satisfies Readonly<Record<string, Refusal>>;

export type SignOnOutcome = keyof typeof REFUSALS;

export function isSignOnOutcome(outcome: string): outcome is SignOnOutcome {
  return outcome in REFUSALS;
}

/** Tells a person by a page, a program by its sentence, why a sign-in came to nothing. */
export class SignOnProblem extends Problem {
  constructor(
    private readonly outcome: SignOnOutcome,
    private readonly why: string = '',
  ) {
    const { title, text } = REFUSALS[outcome].en(why);
    super(REFUSALS[outcome].kind, `${title}: ${text}`);
  }

  /** `again`: where another sign-in begins. */
  page(language: Language, again: string): string {
    const refusal: Refusal = REFUSALS[this.outcome];
    return pageOf(refusal[language](this.why), refusal.again ? again : undefined, language);
  }
}

const TROUBLE: Readonly<Record<Language, string>> = { en: 'This did not work', fr: 'Cela n\'a pas fonctionné' };
const AGAIN: Readonly<Record<Language, string>> = { en: 'Sign in again', fr: 'Se connecter à nouveau' };

/** For whatever ended the request. `again`: where another sign-in begins, from there; the page that was wanted is forgotten by then. */
export function signOnRefusalPage(again: string) {
  return (problem: Problem, language: Language): string =>
    problem instanceof SignOnProblem ? problem.page(language, again) : pageOf({ title: TROUBLE[language], text: problem.detail }, again, language);
}

function pageOf({ title, text }: Words, again: string | undefined, language: Language): string {
  return renderPage({ title, paragraphs: [text], ...(again === undefined ? {} : { link: { href: again, label: AGAIN[language] } }) }, language);
}
