import { Failure } from '@inkpost/failure/failure.js';

/** What a function or a trigger of ours refused, in words for people. */
export interface DatabaseRefusal {
  /** SQLSTATE: IK002: an object that comes from the master; IK003: the end of a rehearsal. */
  readonly code: string;
  readonly message: string;
}

const OURS = /^IK00[23]$/;

/** As `pg` gives an error of the server, and as Prisma's adapter keeps it. */
interface ServerError {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
  readonly originalCode?: unknown;
  readonly originalMessage?: unknown;
  readonly meta?: { readonly driverAdapterError?: unknown };
}

/** Undefined: the error is another one. */
export function databaseRefusal(error: unknown): DatabaseRefusal | undefined {
  for (let each = error, depth = 0; typeof each === 'object' && each !== null && depth < 5; depth += 1) {
    const { code, message, originalCode = code, originalMessage = message, cause, meta } = each as ServerError;
    if (typeof originalCode === 'string' && OURS.test(originalCode)) return { code: originalCode, message: String(originalMessage) };
    each = each instanceof Failure ? each.cause : (meta?.driverAdapterError ?? cause);
  }
  return undefined;
}
