import type { JsonValue } from '@bufbuild/protobuf';

/** One line of the journey: a keyword and its evidence (never a secret or a document's content). */
export interface JourneyEntry {
  readonly step: string;
  readonly evidence?: Readonly<Record<string, JsonValue | undefined>>;
  /** The document it is about; absent: the whole message. */
  readonly document?: string;
}
