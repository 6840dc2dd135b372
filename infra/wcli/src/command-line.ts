/** What was typed, without the verb. */
export interface CommandLine {
  readonly verb: string;
  /** `/key=value`; of a switch the value is empty. */
  readonly values: ReadonlyMap<string, string>;
  readonly json: boolean;
}

/** A command line that says nothing; its message is what the person should do about it. */
export class UsageError extends Error {}

const PARAMETER = /^\/(?<key>[A-Za-z]+)(?:=(?<value>[^]*))?$/;
const LENGTH_MAX = 4_096;

/** Parameters in any order, the verb among them anywhere (CLI-003). Throws a UsageError for what is no parameter, stands twice, or has no verb. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const values = new Map<string, string>();
  const verbs: string[] = [];
  let json = false;
  for (const text of args) {
    if (text.length > LENGTH_MAX) throw new UsageError(`A parameter has ${text.length} characters; ${LENGTH_MAX} is the most.`);
    const { key, value } = PARAMETER.exec(text)?.groups ?? {};
    if (text === '--json') json = true;
    else if (key === undefined) verbs.push(text);
    else if (values.has(key)) throw new UsageError(`/${key} is given twice.`);
    else values.set(key, value ?? '');
  }
  const [verb, another] = verbs;
  if (verb === undefined) throw new UsageError('No command is given.');
  if (another !== undefined) throw new UsageError(`"${verb}" and "${another}" are two commands; parameters are written /key=value.`);
  return { verb, values, json };
}

/** As it was typed, but for the password (CLI-010): a log that keeps what a script printed shall not keep that. */
export function echo(args: readonly string[]): string {
  return ['wcli', ...args.map((text) => text.replace(/^(\/password=)[^]+$/i, '$1********'))].join(' ');
}
