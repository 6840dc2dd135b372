import { PARAMETERS_MAX } from '../../limits.js';
import { decodeCharset } from './decode-charset.js';
import { decodeEscapes } from './decode-escapes.js';

/** A field that has parameters, such as Content-Type (RFC 2045, 5.1). */
export interface StructuredField {
  /** In lower case; empty where there is none. */
  readonly value: string;
  /** By its name in lower case; empty where it is missing. Encoded words in it are left as they are. */
  readonly parameter: (name: string) => string;
}

/** What stands before the first parameter: the value, then perhaps comments. */
const VALUE = /\s*([^\s;(]*)(?:\s|\((?:[^()\\]|\\.)*\)|[^\s;(])*/y;
/** A quoted value ends at a quotation mark that something can follow: names with unescaped ones within are sent. */
const PARAMETER = /[\s;]*([^=;\s]+)\s*=\s*(?:"((?:[^"\\]|\\.|"(?!\s*(?:;|$)))*)"?|([^;]*))/y;
/** RFC 2231: `name*` is encoded, `name*1` a piece, `name*1*` an encoded piece. */
const PIECE = /^([^*]+)\*(?:(\d{1,4})(\*?))?$/;

interface Piece {
  readonly number: number;
  readonly text: string;
  readonly encoded: boolean;
}

/** Reads what senders write, not only what RFC 2045 and RFC 2231 allow: names without quotes, missing semicolons, pieces in any order. */
export function parseStructuredField(text: string): StructuredField {
  const plain = new Map<string, string>();
  const pieces = new Map<string, Piece[]>();
  VALUE.lastIndex = 0;
  const value = VALUE.exec(text)?.[1] ?? '';
  for (let [at, left] = [VALUE.lastIndex, PARAMETERS_MAX]; at < text.length && left > 0; left -= 1) {
    PARAMETER.lastIndex = at;
    const [, name = '', quoted, bare = ''] = PARAMETER.exec(text) ?? [];
    const own = quoted === undefined ? bare.trim() : quoted.replaceAll(/\\(["\\])/g, '$1');
    if (name !== '') note(name.toLowerCase(), own);
    const next = text.indexOf(';', name === '' ? at + 1 : PARAMETER.lastIndex);
    at = next === -1 ? text.length : next;
  }
  return { value: value.toLowerCase(), parameter: (name) => joinPieces(pieces.get(name)) ?? plain.get(name) ?? '' };

  function piecesOf(base: string): Piece[] {
    const known = pieces.get(base) ?? [];
    pieces.set(base, known);
    return known;
  }

  function note(name: string, own: string): void {
    const [, base, number, star] = PIECE.exec(name) ?? [];
    // Of two with one name the first counts, as with fields.
    if (base === undefined) plain.set(name, plain.get(name) ?? own);
    else piecesOf(base).push({ number: Number(number ?? -1), text: own, encoded: number === undefined || star === '*' });
  }
}

/** RFC 2231, 3 and 4: the first piece names the character set; a letter may be cut between two. */
function joinPieces(pieces: readonly Piece[] | undefined): string | undefined {
  if (!pieces) return undefined;
  const whole = pieces.find(({ number }) => number === -1);
  const inOrder = whole ? [whole] : pieces.toSorted((a, b) => a.number - b.number);
  const [charset, first] = splitCharset(inOrder[0]);
  const bytes = inOrder.map(({ text, encoded }, index) => {
    const own = index === 0 ? first : text;
    return encoded ? decodeEscapes(own, '%') : Buffer.from(own);
  });
  return decodeCharset(Buffer.concat(bytes), charset);
}

function splitCharset(piece: Piece | undefined): readonly [charset: string, text: string] {
  const [head = '', charset = ''] = (piece?.encoded ? /^([^']*)'[^']*'/.exec(piece.text) : undefined) ?? [];
  return [charset, piece?.text.slice(head.length) ?? ''];
}
