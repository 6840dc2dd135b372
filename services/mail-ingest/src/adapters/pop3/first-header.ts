const HEADER_END = '\r\n\r\n';

/** Of a mail that comes, what goes up to the empty line after its header; the rest is not waited for. */
export async function* firstHeader(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let last = '';
  for await (const piece of content) {
    const seen = `${last}${piece.toString('latin1')}`;
    const end = seen.indexOf(HEADER_END);
    if (end !== -1) {
      yield piece.subarray(0, end + HEADER_END.length - last.length);
      return;
    }
    yield piece;
    last = seen.slice(1 - HEADER_END.length);
  }
}
