/** A document that was mailed. */
export interface MailedDocument {
  readonly fileName: string;
  readonly sha256: string;
  /** Message-ID of its mail. */
  readonly messageId: string;
}

/** What came of the documents. */
export interface Verdict {
  /** Not on paper, or on paper while its journey doesn't say so. */
  readonly lost: readonly MailedDocument[];
  /** On paper more than once, or printed more than once in its journey. */
  readonly doubled: readonly MailedDocument[];
  /** On paper, and like nothing that was mailed. */
  readonly altered: number;
}

/**
 * Holds what was mailed against what lies in the printers and what the journeys say.
 * @param printed SHA-256 of every print.
 * @param saidPrinted file name -> how often a journey says that it was printed. File names are all different.
 */
export function judge(mailed: readonly MailedDocument[], printed: readonly string[], saidPrinted: ReadonlyMap<string, number>): Verdict {
  const known = new Set(mailed.map(({ sha256 }) => sha256));
  const prints = countEach(printed);
  const said = ({ fileName }: MailedDocument): number => saidPrinted.get(fileName) ?? 0;
  const onPaper = ({ sha256 }: MailedDocument): number => prints.get(sha256) ?? 0;
  return {
    lost: mailed.filter((document) => onPaper(document) === 0 || said(document) === 0),
    doubled: mailed.filter((document) => onPaper(document) > 1 || said(document) > 1),
    altered: printed.filter((sha256) => !known.has(sha256)).length,
  };
}

export function countEach(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
