/** One field that is otherwise. */
export interface FieldChange {
  /** JSON Pointer (RFC 6901); empty: the whole body. */
  readonly path: string;
  /** JSON; empty: there was none. */
  readonly before: string;
  readonly after: string;
}

/** What is otherwise from one body to another, field by field; lists are compared place by place. Bodies are JSON, or empty where nothing was or stays. */
export function bodyChanges(before: string, after: string, changesMax: number): FieldChange[] {
  const changes: FieldChange[] = [];
  collect('', parsed(before), parsed(after), changes, changesMax);
  return changes;
}

function parsed(body: string): unknown {
  return body === '' ? undefined : (JSON.parse(body) as unknown);
}

function collect(path: string, before: unknown, after: unknown, changes: FieldChange[], changesMax: number): void {
  if (changes.length >= changesMax || JSON.stringify(before) === JSON.stringify(after)) return;
  if (isTree(before) && isTree(after) && Array.isArray(before) === Array.isArray(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    for (const name of names) collect(`${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, before[name], after[name], changes, changesMax);
    return;
  }
  changes.push({ path, before: JSON.stringify(before) ?? '', after: JSON.stringify(after) ?? '' });
}

function isTree(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
