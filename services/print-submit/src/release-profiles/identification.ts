import { isIP } from 'node:net';

/** By which means somebody says who they are: the code from the mail, or login or card with the own PIN. */
export const MEANS = ['puk', 'login-pin', 'card-pin'] as const;
export type Means = (typeof MEANS)[number];

/** A password too says who somebody is, but no release profile lets a document go by it: tablets are no place for it. */
export const PROOFS = [...MEANS, 'password'] as const;
export type Proof = (typeof PROOFS)[number];

/** Somebody who said who they are, and where. */
export interface Identification {
  readonly accountId: string;
  readonly means: Proof;
  /** The network where they are, or the name of the place. */
  readonly releasePoint: string;
}

/** A release point's address as PostgreSQL's `inet` reads it; undefined: it is only a name. */
export function toNetwork(releasePoint: string): string | undefined {
  const { address = '', bits } = /^(?<address>[^/%]+)(?:\/(?<bits>\d{1,3}))?$/u.exec(releasePoint)?.groups ?? {};
  const family = isIP(address);
  if (family === 0 || Number(bits ?? 0) > (family === 4 ? 32 : 128)) return undefined;
  return releasePoint;
}
