import { create, type DescMessage, fromJson, type JsonValue, type Message, type MessageInitShape, type MessageShape, toJson } from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import { Defect } from '@inkpost/failure/failure.js';
import { FLOW, type Subject } from './flow.js';

type Schema<S extends Subject> = (typeof FLOW)[S]['payload'];

/** A protobuf message all of whose message-typed fields are there: proto3 can't say "required", the flow always does. */
export type Complete<T> = T extends Uint8Array | bigint
  ? T
  : T extends readonly (infer E)[]
    ? Complete<E>[]
    : T extends Message
      ? { [K in keyof T]-?: K extends '$typeName' | '$unknown' ? T[K] : Complete<NonNullable<T[K]>> }
      : T;

export type Payload<S extends Subject> = Complete<MessageShape<Schema<S>>>;
export type PayloadInit<S extends Subject> = MessageInitShape<Schema<S>>;

/** Wire -> domain, once, at the border. Throws a `Defect` for what this version can't read: it goes to the dead letters, not lost. */
export function decodePayload<S extends Subject>(subject: S, json: JsonValue): Payload<S> {
  const schema: DescMessage = FLOW[subject].payload;
  try {
    const message = fromJson(schema, json, { ignoreUnknownFields: true });
    requireComplete(schema, message);
    return message as unknown as Payload<S>;
  } catch (cause) {
    if (cause instanceof Defect) throw cause;
    throw new Defect('flow.payload-unreadable', `A message "${subject}" could not be read.`, { cause, fields: { subject } });
  }
}

/** Domain -> wire. Throws a `Defect` when a message-typed field is missing. */
export function encodePayload<S extends Subject>(subject: S, init: PayloadInit<S>): JsonValue {
  const schema: DescMessage = FLOW[subject].payload;
  const message = create(schema, init as MessageInitShape<DescMessage>);
  requireComplete(schema, message);
  return toJson(schema, message);
}

function requireComplete(schema: DescMessage, message: Message): void {
  const view = reflect(schema, message);
  for (const field of schema.fields) {
    if (field.fieldKind === 'message' && !view.isSet(field)) throw incomplete(schema, field.name);
  }
}

function incomplete(schema: DescMessage, field: string): Defect {
  return new Defect('flow.payload-incomplete', `The field ${field} of ${schema.typeName} is missing.`, { fields: { field, type: schema.typeName } });
}
