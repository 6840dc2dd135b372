import { invalidField } from '@inkpost/service/rpc-errors.js';

const CONTROL_CHARACTER = /[\p{Cc}\p{Cf}]/u;

/** One line of visible characters without spaces around it, perhaps empty. Throws invalid-argument that names the field. */
export function checkLine(field: string, text: string, lengthMax: number): string {
  const line = text.trim();
  if (line.length > lengthMax) throw invalidField(field, `must have at most ${lengthMax} characters`);
  if (CONTROL_CHARACTER.test(line)) throw invalidField(field, 'must be one line of visible characters');
  return line;
}
