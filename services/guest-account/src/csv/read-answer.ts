const YES = new Set(['yes', 'true', '1', 'oui']);
const NO = new Set(['', 'no', 'false', '0', 'non']);

/** A yes or no in a field of a CSV; undefined: it is neither. */
export function readAnswer(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  if (YES.has(word)) return true;
  return NO.has(word) ? false : undefined;
}
