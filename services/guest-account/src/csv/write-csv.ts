/** What a spreadsheet would take for a formula, and run: names come from outside. */
const FORMULA = /^[=+\-@\t\r]/u;

/** A record of RFC 4180, its line's end included. What looks like a formula gets an apostrophe in front, as spreadsheets write texts. */
export function csvRecord(fields: readonly string[]): string {
  return `${fields.map(fieldText).join(',')}\r\n`;
}

/** A field without the apostrophe that `csvRecord` put in front. */
export function withoutApostrophe(field: string): string {
  return field.startsWith('\'') && FORMULA.test(field.slice(1)) ? field.slice(1) : field;
}

function fieldText(field: string): string {
  const text = FORMULA.test(field) ? `'${field}` : field;
  return /[",;\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
