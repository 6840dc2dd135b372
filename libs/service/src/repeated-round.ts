/** Work that is done again and again, one round after the other, with a pause between; a failed round is only told. */
export class RepeatedRound {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = true;
  private underWay = false;
  /** Asked for while a round was under way, which may have looked already at what changed. */
  private again = false;

  constructor(
    private readonly options: { readonly everyMs: number; readonly act: () => Promise<void>; readonly onError: (error: unknown) => void },
  ) {}

  /** The first round begins at once. */
  start(): void {
    this.stopped = false;
    this.schedule(0);
  }

  /** The next round begins without the rest of the pause. */
  now(): void {
    if (this.underWay) this.again = true;
    else this.schedule(0);
  }

  /** Begins no further round; resolves when the last one ended, or after `waitMsMax`. */
  async stop(waitMsMax: number): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    const tooLate = Promise.withResolvers<void>();
    const timer = setTimeout(tooLate.resolve, waitMsMax);
    await Promise.race([this.running, tooLate.promise]);
    clearTimeout(timer);
  }

  get isStopped(): boolean {
    return this.stopped;
  }

  private schedule(pauseMs: number): void {
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.running = this.round();
    }, pauseMs);
  }

  private async round(): Promise<void> {
    this.underWay = true;
    this.again = false;
    try {
      await this.options.act();
    } catch (error) {
      this.options.onError(error);
    } finally {
      this.underWay = false;
      this.schedule(this.again ? 0 : this.options.everyMs);
    }
  }
}
