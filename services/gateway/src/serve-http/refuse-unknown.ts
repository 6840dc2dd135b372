import { type ArgumentsHost, BadRequestException, Catch, type ExceptionFilter, NotFoundException } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Log } from '@inkpost/telemetry/log.js';
import { explainFailure } from '../answer-route/explain-failure.js';
import { Problem } from '../answer-route/problem.js';
import type { Route } from '../answer-route/route.js';
import { writeProblem } from '../answer-route/write-problem.js';

/** What no route answers: an unknown path, a known path with another method, a path that can't be decoded. */
@Catch()
export class UnknownRequestFilter implements ExceptionFilter {
  private readonly paths: readonly { readonly pattern: RegExp; readonly method: string }[];

  constructor(
    routes: readonly Route[],
    private readonly log: Log,
  ) {
    this.paths = routes.map(({ path, method }) => ({ method, pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}/?$`, 'i') }));
  }

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const problem = this.explain(exception, request);
    if (problem.status === 500) this.log.error('request failed', { error: exception });
    writeProblem(http.getResponse<Response>(), problem);
  }

  private explain(exception: unknown, request: Request): Problem {
    if (exception instanceof BadRequestException) return new Problem('invalid-request', 'The path is not valid percent-encoding.');
    if (!(exception instanceof NotFoundException)) return explainFailure(exception);
    const allow = this.paths.filter(({ pattern }) => pattern.test(request.path)).map(({ method }) => method);
    if (allow.length > 0) return new Problem('method-not-allowed', `This path knows ${allow.join(', ')}.`, { allow });
    return new Problem('not-found', 'There is nothing at this path; /api/v0/docs shows what there is.');
  }
}
