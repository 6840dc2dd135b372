/** Pages of one size as they are seen: crop box, UserUnit and rotation applied. Points (1/72 inch), to two decimals. */
export interface PageSize {
  readonly widthPt: number;
  readonly heightPt: number;
  readonly count: number;
}

/** What a document could do in a viewer. Nothing of it is ever run here, and none of it prints. Advice, not a barrier. */
export type ActiveContent = 'javascript' | 'launch-action' | 'embedded-files' | 'submit-form' | 'rich-media';

/**
 * What an administrator should know of a printable document.
 * - `leading-bytes`: something stands before `%PDF-`
 * - `printer-commands`: a UEL or `@PJL`, which a printer may obey, since documents are sent byte for byte
 * - `owner-password`: encrypted, but opens without a password and allows printing
 * - `dynamic-form`: an XFA form, whose pages often say only "Please wait"
 * - `portfolio`: a cover page with files in it; only the cover prints
 */
export type Note = 'leading-bytes' | 'printer-commands' | 'owner-password' | 'dynamic-form' | 'portfolio';

export const refusalReasons = [
  'not-a-pdf',
  'encrypted',
  'printing-forbidden',
  'broken',
  'no-pages',
  'too-large',
  'too-many-pages',
  'page-too-large',
  'too-slow',
  'too-much-memory',
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

export interface PrintableDocument {
  readonly verdict: 'printable';
  readonly pages: number;
  /** One entry per distinct size, in the order in which they first appear. */
  readonly pageSizes: readonly PageSize[];
  /** From the header, such as `1.7`. */
  readonly pdfVersion: string;
  readonly active: readonly ActiveContent[];
  readonly notes: readonly Note[];
}

export interface RefusedDocument {
  readonly verdict: 'refused';
  readonly reason: RefusalReason;
  /** For logs and the journey: never text of the document. */
  readonly detail: string;
}

/** The verdict on one document. A "no" is a result; only a failing examiner throws. */
export type Examination = PrintableDocument | RefusedDocument;

export function refused(reason: RefusalReason, detail: string): RefusedDocument {
  return { verdict: 'refused', reason, detail };
}
