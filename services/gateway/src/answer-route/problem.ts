/** Every kind of refusal that this door gives: its status and title (RFC 9457, 3.1). */
export const PROBLEM_KINDS = {
  'invalid-request': { status: 400, title: 'The request is not valid' },
  'malformed-json': { status: 400, title: 'The body is not JSON' },
  'not-signed-in': { status: 401, title: 'Sign in first' },
  'sign-in-refused': { status: 401, title: 'Account or password is wrong' },
  'right-missing': { status: 403, title: 'This needs a right that you do not have' },
  'cross-site': { status: 403, title: 'This did not come from a page of Inkpost' },
  'sign-on-refused': { status: 403, title: 'The sign-in server vouches for nobody who may sign in here' },
  'password-must-change': { status: 403, title: 'Change the first password before anything else' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'method-not-allowed': { status: 405, title: 'This path does not know the method' },
  conflict: { status: 409, title: 'The present state does not allow this' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'not-json': { status: 415, title: 'The body must be application/json' },
  'not-a-form': { status: 415, title: 'The body must be the form of a page' },
  'not-a-pdf': { status: 415, title: 'The body must be a PDF' },
  'queue-unknown': { status: 422, title: 'There is no such queue' },
  'location-unknown': { status: 422, title: 'There is no such place, or no queue stands there' },
  'location-ambiguous': { status: 422, title: 'Several queues stand there' },
  'key-reused': { status: 422, title: 'The idempotency key belongs to another document' },
  'wrong-code': { status: 422, title: 'The code is wrong' },
  'wrong-password': { status: 422, title: 'The current password is wrong' },
  'locked-out': { status: 429, title: 'Too many wrong tries' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something went wrong here' },
  unavailable: { status: 503, title: 'A part of Inkpost does not answer' },
} as const;

export type ProblemKind = keyof typeof PROBLEM_KINDS;
export type ProblemStatus = (typeof PROBLEM_KINDS)[ProblemKind]['status'];

/** What is wrong with one field: `field` is a path in the body (`imap.port`), or a parameter's name. */
export interface FieldError {
  readonly field: string;
  readonly reason: string;
}

export interface ProblemExtras {
  readonly errors?: readonly FieldError[];
  readonly retryAfterSeconds?: number;
  /** Methods that the path does know (RFC 9110, 15.5.6). */
  readonly allow?: readonly string[];
  readonly cause?: unknown;
}

/** Ends a request with an answer of application/problem+json. `detail` is one sentence for people, free of secrets. */
export class Problem extends Error {
  constructor(
    readonly kind: ProblemKind,
    readonly detail: string,
    readonly extras: ProblemExtras = {},
  ) {
    super(detail, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.name = 'Problem';
  }

  get status(): ProblemStatus {
    return PROBLEM_KINDS[this.kind].status;
  }

  /** The body; `requestId` is the trace id that the logs bear too. */
  body(requestId: string): ProblemBody {
    const { status, title } = PROBLEM_KINDS[this.kind];
    return { type: `urn:inkpost:problem:${this.kind}`, title, status, detail: this.detail, requestId, ...(this.extras.errors ? { errors: this.extras.errors } : {}) };
  }

  headers(): Record<string, string> {
    const { retryAfterSeconds, allow } = this.extras;
    return {
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(Math.max(1, retryAfterSeconds)) }),
      ...(allow ? { allow: allow.join(', ') } : {}),
      ...(this.status === 401 ? { 'www-authenticate': 'Bearer realm="Inkpost"' } : {}),
    };
  }
}

export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly requestId: string;
  readonly errors?: readonly FieldError[];
}
