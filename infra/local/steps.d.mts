/** Shows what goes on, step by step, each with the time it took. */
export class Steps {
  /** Where to write; standard output by default. */
  constructor(stream?: NodeJS.WriteStream);

  /**
   * Shows `title`, does `act`, shows ✓ or ✗ with the time. What `act` throws is thrown on.
   * @param act may give a detail to be shown behind the title: `explain('nothing to do')`.
   */
  run<Result>(title: string, act: (explain: (detail: string) => void) => Promise<Result>): Promise<Result>;

  /** A line of text between steps. */
  line(text: string): void;

  /** Time since the first step, as `12.3 s`. */
  elapsed(): string;
}
