import type { DomainSettings, Member } from '../domain/domain.js';
import { UNHEARD_MS } from '../limits.js';

export interface Reign {
  readonly mode: DomainSettings['mode'];
  /** How long this server has been the master, or has been running as it. */
  readonly sinceMs: number;
  /** Whether a member has said something since. */
  readonly hasHeard: (serverId: string) => boolean;
}

/**
 * Whether the master calls a slave by itself. In bidirectional mode it calls all (DOM-023). In mailbox mode slaves call (DOM-024), but for one: who was the master before, and was cut off
 * when another one took its place, waits for slaves that it has no longer. So members that can have been the master, and say nothing, are called until they have heard who it is now.
 */
export function isCalled({ serverId, mayBePromoted }: Member, { mode, sinceMs, hasHeard }: Reign): boolean {
  // After a start most slaves call by themselves within that time.
  return mode === 'bidirectional' || (sinceMs >= UNHEARD_MS && mayBePromoted && !hasHeard(serverId));
}
