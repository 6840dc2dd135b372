import { isIP } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { sourceNetwork } from '@inkpost/service/source-network.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { currentTraceId } from '@inkpost/telemetry/telemetry.js';
import type { AuditStore } from '../audit/audit.store.js';
import { presentedToken } from '../sessions/presented-token.js';
import type { AnonymousRights } from '../rights/anonymous-rights.js';
import type { PresentedTokens } from '../sessions/check-presented.js';
import { ANONYMOUS, crossSite, foreignForm, isPublic, whyRefused } from './access.js';
import { AnonymousBudget } from './anonymous-budget.js';
import { Browser } from './browser.js';
import { explainFailure } from './explain-failure.js';
import { Problem } from './problem.js';
import { readBody, readForm } from './read-body.js';
import { openUpload, readDetails } from './read-upload.js';
import { isMediaAnswer, isRedirectAnswer, type RequestContext, type Route, type RouteAnswer } from './route.js';
import { writeProblem } from './write-problem.js';

/** What the audit log is told of a request; filled in as far as the request got. */
interface Deed {
  actor: string;
  objectId: string;
}

/** Answers requests by their routes: session, right, input, handler, audit, answer, in this order for every one. */
export class RouteAnswerer {
  private readonly budget = new AnonymousBudget();

  constructor(
    private readonly tokens: PresentedTokens,
    private readonly anonymous: AnonymousRights,
    private readonly audit: AuditStore,
    private readonly log: Log,
  ) {}

  async answer(route: Route, request: Request, response: Response): Promise<void> {
    const deed: Deed = { actor: ANONYMOUS.actor, objectId: '' };
    const browser = new Browser(request.headers, { isSecure: request.secure, ownOrigin: `${request.protocol}://${request.host}` });
    const leaving = new AbortController();
    response.once('close', () => leaving.abort());
    try {
      const answer = await this.handle(route, request, { browser, signal: leaving.signal }, deed);
      deed.actor = answer.actor ?? deed.actor;
      deed.objectId = answer.madeId ?? deed.objectId;
      await this.record(route, request, deed, route.status);
      if (browser.kept.length > 0) response.setHeader('set-cookie', [...browser.kept]);
      await writeAnswer(response, route, answer);
    } catch (error) {
      const problem = explainFailure(error);
      const facts = { operation: route.operation, actor: deed.actor, error: problem.extras.cause ?? problem };
      if (problem.status === 500) this.log.error('request failed', facts);
      else this.log.debug('request refused', facts);
      // A flood that is turned away unread must not fill the log either.
      if (problem.kind !== 'too-many-requests') await this.record(route, request, deed, problem.status);
      if (route.refusalPage && browser.wantsPage) writeRefusalPage(response, route, problem, route.refusalPage(problem, browser.language));
      else writeProblem(response, problem);
    }
  }

  private async handle(route: Route, request: Request, client: Pick<RequestContext, 'browser' | 'signal'>, deed: Deed): Promise<RouteAnswer> {
    const source = sourceOf(request);
    const presented = presentedToken(request.headers.authorization, client.browser, route.method !== 'GET' || isChange(route));
    const session = presented.kind === 'token' ? await this.tokens.find(presented.token, sourceNetwork(source)) : undefined;
    if (session) deed.actor = session.account;
    const waitSeconds = session || !isChange(route) ? 0 : this.budget.take(sourceNetwork(source));
    if (waitSeconds > 0) throw new Problem('too-many-requests', 'Too many requests from this address.', { retryAfterSeconds: waitSeconds });
    const anonymousRights = session || isPublic(route.right) ? [] : await this.anonymous.current();
    // Of public routes it is none: nobody can do more with it than without.
    const refusal = presented.kind === 'unproven' && !isPublic(route.right) ? crossSite() : whyRefused(route, session, anonymousRights);
    if (refusal) throw refusal;
    if (route.form && !client.browser.isOwnForm) throw foreignForm();
    const body = route.upload ? readDetails(request, route.upload) : route.body ? await (route.form ? readForm : readBody)(request) : undefined;
    const upload = route.upload ? { upload: openUpload(request, route.upload) } : {};
    const caller = session ? { actor: session.account, rights: session.rights } : { ...ANONYMOUS, rights: anonymousRights };
    const prepared = route.prepare({ params: request.params, query: queryOf(request), body }, { caller, session, source, local: isLocal(request), ...client, ...upload });
    deed.objectId = prepared.objectId;
    return prepared.handle();
  }

  /** Every change and every attempt at one. An answer is given even when the log can't be written; then this log bears it. */
  private async record(route: Route, request: Request, deed: Deed, status: number): Promise<void> {
    if (!isChange(route)) return;
    const outcome = status < 400 ? 'done' : status < 500 ? 'refused' : 'failed';
    const entry = { ...deed, action: `${route.method} ${route.path}`, outcome, status, source: sourceOf(request), requestId: currentTraceId() } as const;
    await this.audit.append(entry).catch((error: unknown) => this.log.error('audit entry not stored', { ...entry, error }));
  }
}

/** The client's address; behind a trusted proxy the one that it names. */
function sourceOf(request: Request): string {
  const address = (request.ip ?? '').replace(/^::ffff:(?=\d+\.)/, '');
  return isIP(address) ? address : 'unknown';
}

/** A proxy on this machine must not make its clients look local. */
function isLocal(request: Request): boolean {
  const forwarded = ['forwarded', 'via', 'x-forwarded-for'].some((name) => name in request.headers);
  return !forwarded && /^(?:::ffff:)?127\.|^::1$/.test(request.socket.remoteAddress ?? '');
}

/** Repeated parameters as a list. */
function queryOf(request: Request): Record<string, string | string[]> {
  const parameters = new URL(request.originalUrl, 'http://localhost').searchParams;
  return Object.fromEntries([...new Set(parameters.keys())].map((name) => {
    const values = parameters.getAll(name);
    return [name, values.length === 1 ? (values[0] ?? '') : values];
  }));
}

function isChange({ method, changes }: Route): boolean {
  return changes ?? method !== 'GET';
}

function writeRefusalPage(response: Response, route: Route, problem: Problem, page: string): void {
  response.status(problem.status);
  for (const [name, value] of Object.entries(problem.headers())) response.setHeader(name, value);
  if (route.contentSecurityPolicy !== undefined) response.setHeader('content-security-policy', route.contentSecurityPolicy);
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end(page);
}

async function writeAnswer(response: Response, route: Route, { content, location }: RouteAnswer): Promise<void> {
  const pieces = isPieces(content) ? await begun(content) : undefined;
  response.status(route.status);
  if (location !== undefined) response.setHeader('location', location);
  if (route.cacheSeconds !== undefined) response.setHeader('cache-control', `public, max-age=${route.cacheSeconds}`);
  if (route.contentSecurityPolicy !== undefined) response.setHeader('content-security-policy', route.contentSecurityPolicy);
  if (!route.answer || isRedirectAnswer(route.answer)) {
    response.end();
  } else if (isMediaAnswer(route.answer)) {
    const { mediaType, fileName } = route.answer;
    response.setHeader('content-type', mediaType);
    if (fileName !== undefined) response.setHeader('content-disposition', `attachment; filename="${fileName}"`);
    if (pieces) await pipeline(pieces, response);
    else response.end(content);
  } else {
    response.setHeader('content-type', 'application/json; charset=utf-8');
    response.end(JSON.stringify(content));
  }
}

function isPieces(content: unknown): content is AsyncIterable<string> {
  return typeof content === 'object' && content !== null && Symbol.asyncIterator in content;
}

/** With its first piece had: what fails until then is still told as a problem. */
async function begun(pieces: AsyncIterable<string>): Promise<AsyncIterable<string>> {
  const iterator = pieces[Symbol.asyncIterator]();
  const first = await iterator.next();
  return (async function* all() {
    for (let next = first; next.done !== true; next = await iterator.next()) yield next.value;
  })();
}
