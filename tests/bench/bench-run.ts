/** A part of the benchmark that can be run by itself. */
export interface BenchRun<Results> {
  /** Starts what it needs, measures, and leaves it running. */
  measure(): Promise<Results>;
  /** What the suite's log last said that is more than information: for a run that failed. */
  lastWarnings(): Promise<string[]>;
  /** Whatever is running, in the reverse order of its start. */
  stop(): Promise<void>;
}
