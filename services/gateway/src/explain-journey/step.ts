import type { JsonValue } from '@bufbuild/protobuf';

export type Evidence = Readonly<Record<string, JsonValue>>;

/** One entry of a journey, as the service wrote it. */
export interface Step {
  readonly at: Date;
  readonly service: string;
  /** The keyword that the service chose. */
  readonly step: string;
  readonly evidence: Evidence;
  /** Absent: it is about the whole message. */
  readonly documentId: string | undefined;
}
