/** Services that keep something of people and answer when it is erased; the journey comes last, when they write nothing more. */
export const ERASING_SERVICES = ['mail-ingest', 'acceptance', 'print-submit', 'notification', 'domain-sync'] as const;

export const OWN_PART = 'guest-account';
export const JOURNEY_PART = 'journey';

/** What is erased: a guest, somebody of a local directory, or whatever is kept under an address. */
export type ErasureAbout = 'guest' | 'local-person' | 'address';

/** Somebody to erase, with all that others know them by. */
export interface ErasedPerson {
  /** The account, which is gone for good; undefined: none of this installation's own. */
  readonly accountId: string | undefined;
  /** In normal form. */
  readonly addresses: readonly string[];
  /** Lower-cased. */
  readonly login: string;
}

/** What stands in place of an erased person's address. */
export function pseudonymOf(erasureId: string): string {
  return `erased-${erasureId}`;
}

export interface ErasurePart {
  readonly service: string;
  /** Null: waited for. */
  readonly doneAt: Date | null;
  readonly counts: Readonly<Record<string, number>>;
}

/** An erasure as it can be shown: nothing in it says whose it was. */
export interface Erasure {
  readonly erasureId: string;
  readonly about: ErasureAbout;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly people: number;
  readonly completedAt: Date | null;
  /** In the order of their names. */
  readonly parts: readonly ErasurePart[];
}
