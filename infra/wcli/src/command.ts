/** What a command answers: texts for people go line by line, `json` is all of it for programs. */
export interface Outcome {
  readonly json: Readonly<Record<string, unknown>>;
  /** 0 unless said otherwise. */
  readonly exitCode?: number;
}

export interface CommandContext {
  /** The value of a parameter that must be there. */
  readonly need: (key: string) => string;
  /** Of one that may be left out; a switch without a value is an empty text. */
  readonly get: (key: string) => string | undefined;
  /** The maintenance password: given, or asked for at a terminal. */
  readonly password: () => Promise<string>;
  /** Shows a line. */
  readonly say: (line: string) => void;
  /** Asks y or n at the terminal, or whatever standard input says; true is y. */
  readonly confirm: (question: string) => Promise<boolean>;
}

export interface Command {
  /** In one line, for who asks what there is. */
  readonly summary: string;
  /** Parameters as they are shown: `/master=<address>`; in brackets what may be left out. */
  readonly parameters: readonly string[];
  run(context: CommandContext): Promise<Outcome>;
}

/** `/master=<address>` and `[/force]` name the keys `master` and `force`. */
export function keysOf({ parameters }: Command): string[] {
  return parameters.map((parameter) => /\/(\w+)/.exec(parameter)?.[1] ?? '');
}
