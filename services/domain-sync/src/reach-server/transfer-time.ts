import { create, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { LINE_BYTES_PER_SECOND_MIN } from '../limits.js';

/** How long a message is under way at most, over the slowest line that a server may have. */
export function transferMs<M extends DescMessage>(schema: M, message: MessageInitShape<M>): number {
  return Math.ceil((toBinary(schema, create(schema, message)).length * 1_000) / LINE_BYTES_PER_SECOND_MIN);
}
