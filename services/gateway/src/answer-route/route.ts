import type { z } from 'zod';
import { Defect } from '@inkpost/failure/failure.js';
import type { Caller, Right } from '@inkpost/service/rights.js';
import type { Session } from '../sessions/session.js';
import { accessProblem } from './access.js';
import { checkInput, type RawInput } from './check-input.js';
import type { Browser, Language } from './browser.js';
import type { Problem, ProblemStatus } from './problem.js';

/** Who may call a route: bearers of a right, everybody who is signed in, or everybody, for a reason. */
export type Access = Right | 'signed-in' | { readonly public: string };

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Where a request comes from and who sends it. */
export interface RequestContext {
  /** `anonymous` without rights where nobody is signed in. */
  readonly caller: Caller;
  readonly session: Session | undefined;
  /** The client's IP address. */
  readonly source: string;
  /** The request came straight from this machine, through no proxy. */
  readonly local: boolean;
  readonly browser: Browser;
  /** Aborted when the client hangs up before it has its answer. */
  readonly signal: AbortSignal;
  /** Of a route that takes one; nothing of it is read yet. */
  readonly upload?: UploadRequest;
}

/** A document that comes in, piece by piece. */
export interface UploadRequest {
  /** Throws a Problem where it is too large, or the client too slow. */
  readonly content: AsyncIterable<Buffer>;
  /** The client's Idempotency-Key; empty: it sent none. */
  readonly idempotencyKey: string;
}

/** What a route takes besides JSON: the request's body is a document, and what is said of it, `body`, stands in a field of the header. */
export interface Upload {
  readonly mediaType: string;
  readonly sizeBytesMax: number;
  /** Name of the header field that bears `body` as JSON in ASCII. */
  readonly header: string;
}

export interface RouteRequest<P, Q, B> extends RequestContext {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
}

/** An answer that is not JSON: a page, a metrics text. The handler gives its text or bytes, or the pieces of a long text one by one. */
export interface MediaAnswer {
  readonly mediaType: string;
  /** Browsers save it under this name. */
  readonly fileName?: string;
}

/** A browser goes on elsewhere (303): to `location`, in the name of whom it turned out to be. */
export interface RedirectAnswer {
  readonly redirects: true;
}

export interface Redirection {
  readonly location: string;
  readonly actor?: string;
}

type Answer = z.ZodType | MediaAnswer | RedirectAnswer;
type AnswerOf<A extends Answer> = A extends z.ZodType ? z.input<A> : A extends RedirectAnswer ? Redirection : string | Uint8Array | AsyncIterable<string>;
type Input = z.ZodType;

interface Described {
  readonly method: Method;
  /** With parameters as OpenAPI writes them: `/api/v0/mailboxes/{mailboxId}`. */
  readonly path: `/${string}`;
  /** The operation's name, unique: `listMailboxes`. */
  readonly operation: string;
  readonly right: Access;
  readonly summary: string;
  readonly description?: string;
  readonly status: 200 | 201 | 204 | 303;
  /** Refusals besides those that follow from the declaration (400, 401, 403, 413, 415, 500, 503, and 429 where it is public). */
  readonly refusals?: readonly ProblemStatus[];
  /** The answer holds until this many seconds have passed; else nothing is stored. */
  readonly cacheSeconds?: number;
  /** Content-Security-Policy of a page, where the strictest does not do. */
  readonly contentSecurityPolicy?: string;
  /** The request's body is a document, and `body` is what the header says of it. */
  readonly upload?: Upload;
  /** `body` is the form of a page of ours, and nothing but such a page may send it. */
  readonly form?: boolean;
  /** Left out of OpenAPI: a part of a page. */
  readonly undescribed?: boolean;
  /** The first password's session may call it too (SKY-028). */
  readonly beforePasswordChange?: boolean;
  /**
   * A GET that changes something all the same, since a browser is sent there: the audit log hears of it, and a flood is turned away. False: a
   * POST that an administrator's audit log needn't hear of.
   */
  readonly changes?: boolean;
  /** What a person is shown who comes by browser and is refused, as HTML. */
  readonly refusalPage?: (problem: Problem, language: Language) => string;
}

interface Declaration<P extends Input, Q extends Input, B extends Input, A extends Answer> extends Described {
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly answer?: A;
  /** Location of what was created. */
  readonly location?: (answer: AnswerOf<A>) => string;
  /** What the audit log names; by default the last parameter of the path, else what was made, as `location` tells it. Nobody's address: the log can't forget one. */
  readonly objectId?: (request: RouteRequest<z.output<P>, z.output<Q>, z.output<B>>) => string;
  /** Who turned out to act, for the audit log: whoever has just signed in. */
  readonly actor?: (request: RouteRequest<z.output<P>, z.output<Q>, z.output<B>>, answer: AnswerOf<A>) => string;
  /** What another owner must say before: that what the request names is there. Its refusal ends the request. */
  readonly requires?: (request: RouteRequest<z.output<P>, z.output<Q>, z.output<B>>) => Promise<unknown>;
  handle(request: RouteRequest<z.output<P>, z.output<Q>, z.output<B>>): Promise<AnswerOf<A>>;
}

export interface RouteAnswer {
  /** JSON, text, bytes or pieces of text; undefined for 204. */
  readonly content: unknown;
  readonly location?: string | undefined;
  /** What was made, where the request could not name it. */
  readonly madeId?: string | undefined;
  readonly actor?: string | undefined;
}

/** A checked request, ready to be handled. */
export interface PreparedRequest {
  readonly objectId: string;
  handle(): Promise<RouteAnswer>;
}

/** A route with its schemas: what validation, OpenAPI and the tests read. */
export interface Route extends Described {
  readonly params: Input | undefined;
  readonly query: Input | undefined;
  readonly body: Input | undefined;
  readonly answer: Answer | undefined;
  /** Checks what came in. Throws a Problem that names each wrong field. */
  prepare(raw: RawInput, context: RequestContext): PreparedRequest;
}

/** Declares a route, once for all: who may call it, what goes in and out, what it does. */
export function route<P extends Input = z.ZodUndefined, Q extends Input = z.ZodUndefined, B extends Input = z.ZodUndefined, A extends Answer = z.ZodVoid>(
  declaration: Declaration<P, Q, B, A>,
): Route {
  const { params, query, body, answer } = declaration;
  const problem = accessProblem(declaration.right);
  if (problem !== undefined) throw new Defect('route.access', `${declaration.method} ${declaration.path} ${problem}.`);
  return {
    ...declaration,
    params, query, body, answer,
    prepare: (raw, context) => {
      const request = { ...context, ...checkInput({ params, query, body }, raw) };
      return {
        objectId: declaration.objectId?.(request) ?? lastValue(raw.params),
        handle: async () => {
          await declaration.requires?.(request);
          const content = await declaration.handle(request);
          if (answer && isRedirectAnswer(answer)) return { content: undefined, ...(content as Redirection) };
          const place = declaration.location?.(content);
          const madeId = declaration.objectId || params ? undefined : place?.split('/').at(-1);
          return { content, location: place, madeId, actor: declaration.actor?.(request, content) };
        },
      };
    },
  };
}

export function isMediaAnswer(answer: Answer): answer is MediaAnswer {
  return 'mediaType' in answer;
}

export function isRedirectAnswer(answer: Answer): answer is RedirectAnswer {
  return 'redirects' in answer;
}

function lastValue(params: unknown): string {
  return String(Object.values(params ?? {}).at(-1) ?? '');
}
