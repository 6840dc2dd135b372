import { create, type DescMessage, fromJson, type JsonObject, type MessageInitShape, type MessageShape, toJson } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';

/** The body of an object whose settings cross the control plane as a message: its JSON. What administrators can set is shared without another word. */
export function bodyOf<S extends DescMessage>(schema: S, settings: MessageInitShape<S>): JsonObject {
  return toJson(schema, create(schema, settings)) as JsonObject;
}

/** Refuses what this version doesn't know: without it the object would be another one than the master's, again and again. */
export function settingsOf<S extends DescMessage>(schema: S, body: JsonObject): MessageShape<S> {
  try {
    return fromJson(schema, body);
  } catch (cause) {
    throw new ConnectError(`This server can't read it, its version is older perhaps: ${cause instanceof Error ? cause.message : ''}`, Code.InvalidArgument, undefined, undefined, cause);
  }
}

/** What an owner answers; undefined where it says that there is none. */
export async function orAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (error instanceof ConnectError && error.code === Code.NotFound) return undefined;
    throw error;
  });
}

/** Told with what was refused; deleting what is gone is well. */
export async function orGone(deletion: Promise<unknown>): Promise<void> {
  await orAbsent(deletion);
}
