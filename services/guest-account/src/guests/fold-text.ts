/** The letters as a search compares them, without accents and in lower case: `Zoë` is `zoe`. The function fold_text in the database does the same. */
export function foldText(text: string): string {
  // Greek has two small sigmas; which one follows from a capital depends on its place.
  return text.normalize('NFKD').replaceAll(/[\u0300-\u036f]/gu, '').toLowerCase().replaceAll('ς', 'σ');
}

/** The words of a search, each of which must be found. */
export function wordsOf(search: string): string[] {
  return foldText(search).split(/\s+/u).filter((word) => word !== '');
}
