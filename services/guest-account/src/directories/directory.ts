import type { EntraSettings } from './entra-settings.js';
import type { LdapSettings } from './ldap-settings.js';
import type { SqlSettings } from './sql-settings.js';

/** The two that are always there. */
export const GUESTS = 'guests';
export const META = 'meta';

export const KINDS = ['ldap', 'entra', 'sql', 'local', 'guests', 'meta'] as const;
export type DirectoryKind = (typeof KINDS)[number];

export type KindSettings =
  | ({ readonly kind: 'ldap' } & LdapSettings)
  | ({ readonly kind: 'entra' } & EntraSettings)
  | ({ readonly kind: 'sql' } & SqlSettings)
  | { readonly kind: 'local' | 'guests' }
  /** `members`: identifiers in the order in which they are asked. */
  | { readonly kind: 'meta'; readonly members: readonly string[] };

export interface StoredDirectory {
  /** A UUID, `guests` or `meta`. */
  readonly directoryId: string;
  readonly name: string;
  readonly description: string;
  readonly aliases: readonly string[];
  readonly settings: KindSettings;
  /** Of the account that searches, sealed; of kind entra the application's secret or private key. */
  readonly sealedPassword: Buffer | null;
  readonly createdAt: Date;
  readonly version: number;
}

/** All of them as they were at one moment. */
export interface DirectoryConfiguration {
  /** Grows with each change. */
  readonly revision: number;
  /** The one that owners are looked for in. */
  readonly defaultDirectoryId: string;
  /** In the order of their names. */
  readonly directories: readonly StoredDirectory[];
}

/** Whose password it is, so that a sealed one moved to another directory is refused. */
export function directoryPasswordContext(directoryId: string): string {
  return `directory-password/${directoryId}`;
}
