type Stop = () => Promise<unknown>;

/** What a run of the benchmark has started, to be stopped in the reverse order. */
export class RunningParts {
  private readonly stops: Stop[] = [];

  readonly add = (...stops: readonly Stop[]): void => {
    this.stops.push(...stops);
  };

  /** Stops this part alone, before the others. */
  async stopEarly(stop: Stop): Promise<void> {
    await stop();
    this.stops.splice(this.stops.indexOf(stop), 1);
  }

  async stopAll(): Promise<void> {
    for (const stop of this.stops.splice(0).toReversed()) await stop();
  }
}
