import type { FieldError } from './problem.js';

const NUL = '\u0000';

/** Texts that JSON can say and neither Postgres nor protobuf can keep: with a NUL in it, or half a surrogate pair. */
export function findUnstorableTexts(value: unknown, path: readonly string[] = []): FieldError[] {
  if (typeof value === 'string') {
    return value.includes(NUL) || !value.isWellFormed() ? [{ field: path.join('.'), reason: 'must be text without the character NUL and without half characters' }] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => findUnstorableTexts(inner, [...path, name]));
}
