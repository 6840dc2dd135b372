/** A document that was mailed, or handed in by a program. */
export interface MailedDocument {
  readonly fileName: string;
  readonly sha256: string;
  /** Asks for its journey: `messageId=…` or `job=…`. */
  readonly journey: string;
  /** How often it is wanted on paper: twice where it is reprinted. */
  readonly copies: number;
}

/** What a journey says of one document. */
export interface Told {
  /** Once, and once more for each reprint that was taken. */
  readonly wanted: number;
  readonly printed: number;
}

/** What came of the documents. */
export interface Verdict {
  /** Not on paper as often as wanted, or on paper while its journey doesn't say so. */
  readonly lost: readonly MailedDocument[];
  /** On paper more often than wanted, or more often printed in its journey. */
  readonly doubled: readonly MailedDocument[];
  /** On paper, and like nothing that was mailed. */
  readonly altered: number;
}

/** A reprint whose answer was lost may have been asked for twice, and then it is wanted twice. */
export function wantedCopies({ copies }: MailedDocument, told: Told | undefined): number {
  return Math.max(copies, told?.wanted ?? 0);
}

/**
 * Holds what was mailed against what lies in the printers and what the journeys say.
 * @param printed SHA-256 of every print.
 * @param told file name -> what its journey says. File names are all different.
 */
export function judge(mailed: readonly MailedDocument[], printed: readonly string[], told: ReadonlyMap<string, Told>): Verdict {
  const known = new Set(mailed.map(({ sha256 }) => sha256));
  const prints = countEach(printed);
  const wanted = (document: MailedDocument): number => wantedCopies(document, told.get(document.fileName));
  const said = ({ fileName }: MailedDocument): number => told.get(fileName)?.printed ?? 0;
  const onPaper = ({ sha256 }: MailedDocument): number => prints.get(sha256) ?? 0;
  return {
    lost: mailed.filter((document) => onPaper(document) < wanted(document) || said(document) < wanted(document)),
    doubled: mailed.filter((document) => onPaper(document) > wanted(document) || said(document) > wanted(document)),
    altered: printed.filter((sha256) => !known.has(sha256)).length,
  };
}

export function countEach(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
