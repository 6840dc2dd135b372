const [LF, CR, DOT] = [10, 13, 46];
const CR_BYTES = Buffer.from('\r');

type State = 'line-start' | 'in-line' | 'after-cr' | 'after-dot' | 'after-dot-cr';

/**
 * Takes the dots out of a multi-line answer that the server put before lines that begin with one, and finds its end, a line with a
 * dot alone (RFC 1939, 3). Works on bytes as they come: lines may be of any length, and be cut anywhere. Only CRLF ends a line.
 */
export class DotUnstuffer {
  private state: State = 'line-start';
  /** What came after the end; undefined until then. */
  rest: Buffer | undefined;

  /** Gives the pieces of `chunk` that are content, without copying them. Not to be called after the end. */
  take(chunk: Buffer): Buffer[] {
    const pieces: Buffer[] = [];
    let from = 0;
    const keep = (to: number): void => {
      if (to > from) pieces.push(chunk.subarray(from, to));
    };
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      switch (this.state) {
        case 'in-line': {
          const cr = chunk.indexOf(CR, at);
          if (cr === -1) at = chunk.length;
          else [at, this.state] = [cr, 'after-cr'];
          break;
        }
        case 'after-cr':
          this.state = byte === LF ? 'line-start' : inLine(byte);
          break;
        case 'line-start':
          if (byte === DOT) {
            keep(at);
            from = at + 1;
            this.state = 'after-dot';
          } else this.state = inLine(byte);
          break;
        case 'after-dot':
          if (byte === CR) {
            // Perhaps the end: then this CR is none of the content's.
            from = at + 1;
            this.state = 'after-dot-cr';
          } else this.state = 'in-line';
          break;
        case 'after-dot-cr':
          if (byte === LF) {
            this.rest = chunk.subarray(at + 1);
            return pieces;
          }
          pieces.push(CR_BYTES);
          this.state = inLine(byte);
          break;
      }
    }
    keep(chunk.length);
    return pieces;
  }
}

function inLine(byte: number | undefined): State {
  return byte === CR ? 'after-cr' : 'in-line';
}
