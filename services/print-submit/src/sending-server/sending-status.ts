import { CauseDown, Failure } from '@inkpost/failure/failure.js';
import { StrangeAnswer } from '@inkpost/server-connection/server-exchange.js';

/**
 * The states of the connection (SKY-035 to SKY-038), in the words of the manual where it has some; the others are those of the server used for user
 * management (SKY-040 to SKY-043). Programs and people compare them: they stay. The manual lists `Discovery: cooldown` without a
 * word on it: here, the server can't be used and rests until the next try.
 */
export const STATUS_TEXTS = {
  operational: { en: 'Operational', fr: 'Opérationnel' },
  'unknown-location': { en: 'Unknown location', fr: 'Emplacement inconnu' },
  cooldown: { en: 'Discovery: cooldown', fr: 'Discovery: cooldown' },
  'authentication-failed': { en: 'Authentication failed', fr: 'Échec de l\'authentification' },
  'rights-missing': { en: 'The account does not have the necessary rights', fr: 'Le compte n\'a pas les droits nécessaires' },
  'not-initialised': { en: 'Component not initialised', fr: 'le composant n\'est pas initialisé :' },
  'unknown-error': { en: 'Unknown error', fr: 'erreur inconnue :' },
} as const;

export type SendingState = keyof typeof STATUS_TEXTS;

export interface SendingStatus {
  readonly state: SendingState;
  /** What is wrong and what to do; empty: nothing is. */
  readonly problem: string;
  readonly since: Date | undefined;
}

/** Nobody has asked the server yet. */
export const NOT_INITIALISED: SendingStatus = { state: 'not-initialised', problem: 'The server was not asked yet.', since: undefined };

/** The server can't do now what it is asked for, and jobs wait for it. */
export class SendingTrouble extends CauseDown {
  constructor(
    readonly state: Exclude<SendingState, 'operational'>,
    /** A sentence with what to do. */
    readonly problem: string,
    cause?: unknown,
  ) {
    super(`sending-server.${state}`, `${STATUS_TEXTS[state].en}: ${problem}`, { cause });
  }
}

/** Whatever failed, as the state that it means: a server that can't be reached rests. */
export function asTrouble(error: unknown): SendingTrouble {
  if (error instanceof SendingTrouble) return error;
  if (error instanceof StrangeAnswer) return new SendingTrouble('unknown-error', error.message, error);
  if (error instanceof Failure) return new SendingTrouble('cooldown', error.message, error);
  return new SendingTrouble('unknown-error', error instanceof Error ? error.message : String(error), error);
}

/** The next status; its beginning stays while nothing changes. */
export function nextStatus(before: SendingStatus, state: SendingState, problem: string, now: Date): SendingStatus {
  return { state, problem, since: before.state === state && before.since ? before.since : now };
}
