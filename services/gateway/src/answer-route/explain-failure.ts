import { Code, ConnectError } from '@connectrpc/connect';
import { FieldProblemSchema } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';
import { CauseDown } from '@inkpost/failure/failure.js';
import { isDatabaseDown } from '@inkpost/postgres/pool.js';
import { Problem, type ProblemKind } from './problem.js';

const KIND_BY_CODE: Partial<Record<Code, ProblemKind>> = {
  [Code.InvalidArgument]: 'invalid-request',
  [Code.OutOfRange]: 'invalid-request',
  [Code.NotFound]: 'not-found',
  [Code.AlreadyExists]: 'conflict',
  [Code.Aborted]: 'conflict',
  [Code.FailedPrecondition]: 'conflict',
  [Code.PermissionDenied]: 'right-missing',
  [Code.ResourceExhausted]: 'too-many-requests',
  [Code.Unavailable]: 'unavailable',
  [Code.DeadlineExceeded]: 'unavailable',
};

const RETRY_AFTER_SECONDS = 5;

/** Whatever ended a request, as the problem that the client is told; the log keeps the rest. */
export function explainFailure(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof ConnectError) return explainConnectError(error);
  if (error instanceof CauseDown || isDatabaseDown(error)) return new Problem('unavailable', 'The database does not answer. Try again in a moment.', { retryAfterSeconds: RETRY_AFTER_SECONDS, cause: error });
  return new Problem('internal', 'Something went wrong here; the log says more under this request id.', { cause: error });
}

function explainConnectError(error: ConnectError): Problem {
  const kind = KIND_BY_CODE[error.code];
  if (!kind) return new Problem('internal', 'Something went wrong here; the log says more under this request id.', { cause: error });
  const errors = error.findDetails(FieldProblemSchema).map(({ field, reason }) => ({ field, reason }));
  const retry = kind === 'unavailable' || kind === 'too-many-requests' ? { retryAfterSeconds: RETRY_AFTER_SECONDS } : {};
  return new Problem(kind, error.rawMessage, { ...(errors.length > 0 ? { errors } : {}), ...retry, cause: error });
}
