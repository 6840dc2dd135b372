import { CauseDown, Failure } from '@inkpost/failure/failure.js';
import { StrangeAnswer } from '@inkpost/server-connection/server-exchange.js';

/** The states of the connection, in the words of the manual, both languages (SKY-036, SKY-040 to SKY-043). Programs and people compare them: they stay. */
export const STATUS_TEXTS = {
  operational: { en: 'Operational', fr: 'Opérationnel' },
  'unknown-error': { en: 'Unknown error', fr: 'erreur inconnue :' },
  'not-initialised': { en: 'Component not initialised', fr: 'le composant n\'est pas initialisé :' },
  'connection-failed': { en: 'connection to Watchdoc failed', fr: 'la connexion à watchdoc a échoué' },
  'rights-missing': { en: 'The account does not have the necessary rights', fr: 'Le compte n\'a pas les droits nécessaires' },
} as const;

export type ServerState = keyof typeof STATUS_TEXTS;

export interface ServerStatus {
  readonly state: ServerState;
  /** What is wrong and what to do; empty: nothing is. */
  readonly problem: string;
  readonly since: Date | undefined;
}

/** Nobody has asked the server yet. */
export const NOT_INITIALISED: ServerStatus = { state: 'not-initialised', problem: 'The server was not asked yet.', since: undefined };

/** The server can't do now what it is asked for, and mails wait for it: `Unknown error: it answered 500.` */
export class ServerTrouble extends CauseDown {
  constructor(
    readonly state: Exclude<ServerState, 'operational'>,
    /** A sentence with what to do. */
    readonly problem: string,
    cause?: unknown,
  ) {
    super(`user-management.${state}`, `${STATUS_TEXTS[state].en}: ${problem}`, { cause });
  }
}

/** Whatever failed, as the state that it means. */
export function asTrouble(error: unknown): ServerTrouble {
  if (error instanceof ServerTrouble) return error;
  if (error instanceof StrangeAnswer) return new ServerTrouble('unknown-error', error.message, error);
  if (error instanceof Failure) return new ServerTrouble('connection-failed', error.message, error);
  return new ServerTrouble('unknown-error', error instanceof Error ? error.message : String(error), error);
}

/** The next status; its beginning stays while nothing changes. */
export function nextStatus(before: ServerStatus, state: ServerState, problem: string, now: Date): ServerStatus {
  return { state, problem, since: before.state === state && before.since ? before.since : now };
}
