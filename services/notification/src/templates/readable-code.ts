/** Groups of four are read and typed with fewer mistakes: `ABCD-EFGH`. */
export function readableCode(code: string): string {
  return code.match(/.{1,4}/gsu)?.join('-') ?? code;
}
