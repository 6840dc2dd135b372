/** Goes before the first line: the mark of UTF-8 that spreadsheets want. */
export const CSV_BEGIN = '\uFEFF';

/** A line of CSV (RFC 4180) with its end. */
export function csvLine(fields: readonly (string | number | boolean)[]): string {
  return `${fields.map(csvField).join(',')}\r\n`;
}

/** A spreadsheet would run a text that begins like a formula; with an apostrophe before it, it is text. */
function csvField(field: string | number | boolean): string {
  const text = String(field);
  const harmless = typeof field === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
