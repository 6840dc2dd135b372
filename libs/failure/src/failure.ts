/** Facts about a failure that may be logged and shown: ids, counts, addresses of hosts. Never a PIN, password, token or body. */
export type FailureFields = Readonly<Record<string, string | number | boolean | undefined>>;

interface FailureOptions {
  readonly cause?: unknown;
  readonly fields?: FailureFields;
}

/**
 * What stops the work, classified where the cause is known (in the adapter, by the protocol's own reply).
 * `code` is stable and dotted (`print.printer-unreachable`); `message` may be shown to a person.
 */
export abstract class Failure extends Error {
  readonly code: string;
  readonly fields: FailureFields;

  constructor(code: string, message: string, options: FailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.fields = options.fields ?? {};
  }
}

/** Trying again may help: a time-out, a busy printer, a 4xx of SMTP. Attempts are counted and bounded. */
export class TransientFailure extends Failure {}

/**
 * A cause outside is down (directory, printer, mail server). Waited for outside the attempt count, for days if need be,
 * and visible while it lasts.
 */
export class CauseDown extends TransientFailure {}

/** Trying again will never help: a document the printer refuses, an address that doesn't exist. */
export class PermanentFailure extends Failure {}

/** Our own mistake: logged as an error, never retried in silence. */
export class Defect extends Failure {}

/** Unknown errors count as transient: a wrong "never" would drop good mail, and attempts are bounded anyway. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new TransientFailure('unexpected', message, { cause: error });
}
