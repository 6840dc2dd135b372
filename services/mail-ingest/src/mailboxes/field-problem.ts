/** What is wrong with a field, and what to do; `field` is its JSON path, such as `imap.host`. */
export interface FieldProblem {
  readonly field: string;
  readonly reason: string;
}

export type Checked<T> = T | FieldProblem;

export function problem(field: string, reason: string): FieldProblem {
  return { field, reason };
}

export function isProblem<T extends object>(checked: Checked<T>): checked is FieldProblem {
  return 'reason' in checked;
}

/** One line with something in it. */
export function isLine(text: string, charactersMax: number): boolean {
  return text !== '' && text.length <= charactersMax && !/\p{Cc}/u.test(text);
}
