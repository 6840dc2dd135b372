import { setTimeout as pause } from 'node:timers/promises';
import type { WatchedSettings } from '../mailboxes/mailbox.js';

/** Mailboxes with the same one share what can be said of their server. */
export function serverNameOf({ server: { host, port } }: WatchedSettings): string {
  return `${host}:${port}`;
}

/**
 * Ends the pauses of mailboxes whose server can't be reached as soon as one of them reaches it: the others needn't sit theirs out.
 * Only of such: a server that was reached and refused, or broke off, would be asked ever more often.
 */
export class ServerReturns {
  private readonly waiting = new Map<string, Set<AbortController>>();

  /** Until the time is over, the server is back, or `signal` is aborted. */
  async wait(serverName: string, delayMs: number, signal: AbortSignal): Promise<void> {
    const back = new AbortController();
    const waiting = this.waiting.get(serverName) ?? new Set();
    this.waiting.set(serverName, waiting.add(back));
    await pause(delayMs, undefined, { signal: AbortSignal.any([signal, back.signal]) }).catch(() => undefined);
    waiting.delete(back);
    if (waiting.size === 0 && this.waiting.get(serverName) === waiting) this.waiting.delete(serverName);
  }

  /** Somebody is connected to it. */
  announce(serverName: string): void {
    const waiting = this.waiting.get(serverName);
    this.waiting.delete(serverName);
    for (const back of waiting ?? []) back.abort();
  }
}
