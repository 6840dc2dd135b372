import { Code, ConnectError } from '@connectrpc/connect';
import { FieldProblemSchema } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';

/** An argument that the owner refuses; the gateway answers 400 and names the field. `field` is a JSON path such as `sourcePort`. */
export function invalidField(field: string, reason: string): ConnectError {
  return new ConnectError(`${field}: ${reason}`, Code.InvalidArgument, undefined, [{ desc: FieldProblemSchema, value: { field, reason } }]);
}

export function notFound(what: string, id: string): ConnectError {
  return new ConnectError(`There is no ${what} "${id}".`, Code.NotFound);
}
