/** Calls of slaves that wait for something to be said: each costs a timer. */
export class KeepWaiting {
  private readonly waiting = new Map<string, () => void>();

  /** Grows with each wake: who looks before he waits sees whether he was woken in between. */
  private wakes = 0;

  get generation(): number {
    return this.wakes;
  }

  /** Resolves when the slave is woken, calls again, hangs up, or the time is over. */
  async wait(serverId: string, ms: number, signal: AbortSignal): Promise<void> {
    this.waiting.get(serverId)?.();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.waiting.set(serverId, resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
    await promise;
    clearTimeout(timer);
    if (this.waiting.get(serverId) === resolve) this.waiting.delete(serverId);
  }

  wake(serverId?: string): void {
    this.wakes += 1;
    if (serverId !== undefined) this.waiting.get(serverId)?.();
    else for (const resolve of this.waiting.values()) resolve();
  }
}
