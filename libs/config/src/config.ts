import { z } from 'zod';

/** `CREDENTIALS_DIRECTORY` is systemd's: the folder of what `LoadCredential=` gives a service. */
export type VariableName = `INKPOST_${string}` | 'CREDENTIALS_DIRECTORY';

/** One environment variable: its name, what it may be, what stands if it is absent, and what it means in a sentence. */
export interface Variable<T> {
  readonly name: VariableName;
  /** Reads the text of the environment; `undefined` means absent. */
  readonly schema: z.ZodType<T>;
  /** Shown in the configuration table of a service's README. */
  readonly byDefault: string;
  readonly meaning: string;
}

// A definition may hold variables of any type; ConfigOf gives each its own back.
export type ConfigDefinition = Readonly<Record<string, Variable<unknown>>>;
export type ConfigOf<D extends ConfigDefinition> = { readonly [K in keyof D]: D[K] extends Variable<infer T> ? T : never };
export type Environment = Readonly<Record<string, string | undefined>>;

/** Everything that is wrong with an environment, one line per variable. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/**
 * Reads one configuration per definition from an environment. An unknown `INKPOST_*` variable is an error too, since it is
 * nearly always a misspelt one. Throws one `ConfigError` that lists all problems.
 */
export function readConfigs<const D extends readonly ConfigDefinition[]>(definitions: D, environment: Environment): { [I in keyof D]: ConfigOf<D[I]> } {
  const known = new Map(definitions.flatMap((definition) => Object.values(definition)).map((variable) => [variable.name as string, variable]));
  const problems = new Set<string>();
  for (const name of Object.keys(environment)) {
    if (name.startsWith('INKPOST_') && !known.has(name)) problems.add(`${name} is not a setting of this program. ${suggestion(name, known)}`);
  }
  const configs = definitions.map((definition) =>
    Object.fromEntries(
      Object.entries(definition).map(([key, variable]) => {
        const text = environment[variable.name];
        const result = variable.schema.safeParse(text === '' ? undefined : text);
        if (!result.success) problems.add(`${variable.name}: ${result.error.issues.map((issue) => issue.message).join('; ')}. ${variable.meaning}`);
        return [key, result.data];
      }),
    ),
  );
  if (problems.size > 0) throw new ConfigError([...problems]);
  return configs as { [I in keyof D]: ConfigOf<D[I]> };
}

function suggestion(name: string, known: ReadonlyMap<string, Variable<unknown>>): string {
  const near = [...known.keys()].map((candidate) => ({ candidate, distance: distance(name, candidate) })).sort((a, b) => a.distance - b.distance)[0];
  return near && near.distance <= 4 ? `Did you mean ${near.candidate}?` : 'Remove it, or look up its name in the README.';
}

/** Levenshtein distance: how many letters differ. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
