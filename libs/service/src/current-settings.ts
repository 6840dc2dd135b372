/**
 * Settings in memory, at most `ageMaxMs` old: the look whether they were changed elsewhere is shared by all messages of that time, so
 * that a message costs no round trip of its own; a service without messages asks nothing.
 */
export class CurrentSettings<T> {
  private known: T | undefined;
  private freshUntilMs = Number.NEGATIVE_INFINITY;
  private changesHere = 0;
  private questions = 0;
  private answered = 0;
  private refreshing: Promise<void> | undefined;

  /** `ask` is given what is known, for a question that is cheap while nothing was changed; then it gives the same back. */
  constructor(
    private readonly ask: (known: T | undefined) => Promise<T>,
    private readonly ageMaxMs: number,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** Fails as `ask` does, also while something older is known: what was refused meanwhile must not pass by it. */
  async get(): Promise<T> {
    if (this.nowMs() >= this.freshUntilMs) await (this.refreshing ??= this.refresh());
    // Once a question was answered this is a T, whichever T it is.
    return this.known as T;
  }

  /** After a change in this process: the next one goes by it, whatever question is still under way. */
  expire(): void {
    this.changesHere += 1;
    this.freshUntilMs = Number.NEGATIVE_INFINITY;
    this.refreshing = undefined;
  }

  private refresh(): Promise<void> {
    const refreshing = this.askOnce().finally(() => {
      if (this.refreshing === refreshing) this.refreshing = undefined;
    });
    return refreshing;
  }

  private async askOnce(): Promise<void> {
    const { changesHere } = this;
    const question = (this.questions += 1);
    const askedAtMs = this.nowMs();
    const answer = await this.ask(this.known);
    // Of two questions under way the older one may be answered last, with what held before the change.
    if (question > this.answered) [this.known, this.answered] = [answer, question];
    // The age counts from before the question: a change made meanwhile is seen that much later at most.
    if (changesHere === this.changesHere) this.freshUntilMs = askedAtMs + this.ageMaxMs;
  }
}
