import type { KeyPurpose } from './master-key.js';

/**
 * Where a service keeps something sealed. All such places are declared (`<service>/src/sealed-places.ts`), so that it can be sealed anew
 * when the master key is replaced; a test finds a column of bytes that is not declared.
 */
export interface SealedColumn {
  readonly table: string;
  readonly column: string;
  readonly purpose: KeyPurpose;
  /** The primary key. */
  readonly key: readonly [string, ...string[]];
  /** What it was sealed for, by the texts of the key's columns. */
  readonly context: (...key: string[]) => string;
  /** Statement of the same schema, run with the change: tells those who keep what is sealed in memory. */
  readonly afterwards?: string;
}

/** A field of a message of the flow whose bytes are sealed. */
export interface SealedField {
  readonly subject: string;
  /** As in JSON. */
  readonly field: string;
  /** Paths in the payload whose texts `context` takes. */
  readonly contextPaths: readonly (readonly string[])[];
  readonly context: (...texts: string[]) => string;
}

/** A column of bytes that holds nothing sealed, and what it holds instead. */
export interface UnsealedColumn {
  readonly table: string;
  readonly column: string;
  /** `digest`: of something public or random; `keyed-hash`: HMAC under a `hashingKey`. */
  readonly holds: 'digest' | 'keyed-hash';
}

/** All bytes that a service stores. */
export interface StoredBytes {
  readonly sealed: readonly SealedColumn[];
  readonly unsealed: readonly UnsealedColumn[];
  readonly fields?: readonly SealedField[];
}
