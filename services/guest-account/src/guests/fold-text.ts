/** The letters as a search compares them, without accents and in lower case: `Zoë` is `zoe`. The trigger fold_guest does the same. */
export function foldText(text: string): string {
  return text.normalize('NFKD').replaceAll(/[\u0300-\u036f]/gu, '').toLowerCase();
}
