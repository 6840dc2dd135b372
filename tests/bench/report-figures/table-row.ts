/** A line of a table: a name and its figures in columns. */
export function tableRow(name: string, ...cells: readonly string[]): string {
  return `${name.padEnd(42)}${cells.map((cell) => cell.padEnd(16)).join('')}`.trimEnd();
}
