import type { ServerResponse } from 'node:http';
import { currentTraceId } from '@inkpost/telemetry/telemetry.js';
import type { Problem } from './problem.js';

/** Answers with application/problem+json (RFC 9457). */
export function writeProblem(response: ServerResponse, problem: Problem): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.statusCode = problem.status;
  for (const [name, value] of Object.entries(problem.headers())) response.setHeader(name, value);
  response.setHeader('content-type', 'application/problem+json');
  // What is left of a body that nobody wants is thrown away, so that the answer is read and the connection used again.
  response.req.resume();
  response.end(JSON.stringify(problem.body(currentTraceId())));
}
