import type { Health } from '@inkpost/server-connection/availability.js';
import type { Step } from '@inkpost/server-connection/run-steps.js';

/** Somebody whom a directory knows. */
export interface DirectoryPerson {
  /** A UUID that stays the person's own, also when name and addresses change. */
  readonly accountId: string;
  /** What the directory itself calls the person: an entry's name, an identifier. */
  readonly reference: string;
  readonly login: string;
  readonly displayName: string;
  /** In normal form; the first one is where mails go. */
  readonly addresses: readonly string[];
  /** As the directory writes it, `fr-CA`; empty: it says none. */
  readonly language: string;
  /** May not print, though known. */
  readonly locked: boolean;
  /** As `groupsOf` gives them, where they come with the person at no cost; absent: they have to be asked for. */
  readonly groups?: readonly string[];
}

export type Found =
  | { readonly kind: 'found'; readonly person: DirectoryPerson }
  | { readonly kind: 'nobody' }
  /** Several people have it, so that nobody can say whose it is. */
  | { readonly kind: 'ambiguous'; readonly logins: readonly string[] };

export type DirectoryHealth = Health;

/** The steps of a test that lead to a directory, before anybody is looked for. */
export type WayStep = 'dns' | 'tcp' | 'tls' | 'bind' | 'server' | 'sign-in' | 'rights' | 'query' | 'people';

export interface WayToDirectory {
  readonly steps: readonly Step<WayStep>[];
  /** Ends what the steps opened. */
  close(): Promise<void>;
}

/** Passwords that lie with this service. */
export interface StoredPasswords {
  /** Milliseconds since 1970 of the last change; grows with each. */
  versionOf(accountId: string): Promise<number>;
  /** Gives the new version; undefined: it was changed since `version`. */
  change(accountId: string, passwordHash: string, version: number): Promise<number | undefined>;
}

/**
 * A source of people. What can't be asked now throws `CauseDown`, whose message says why and stays the same while it lasts; a question is
 * bounded in time, and none waits for another that hangs.
 */
export interface PeopleDirectory {
  /** Why nobody signs in with a password of this directory, in a sentence; undefined: people may. */
  readonly noPasswords?: string;
  /** `address` in normal form. Whoever is found has this address among theirs. */
  findByAddress(address: string): Promise<Found>;
  /** In any case. */
  findByLogin(login: string): Promise<Found>;
  /** Names of the groups that the person is a member of, in the order of the alphabet. */
  groupsOf(person: DirectoryPerson): Promise<readonly string[]>;
  /** False also for a login that is unknown or not one person's. */
  checkCredentials(login: string, password: string): Promise<boolean>;
  /** Undefined: the directory itself keeps and changes them. */
  readonly passwords?: StoredPasswords;
  testWay(): WayToDirectory;
  close(): void;
}
