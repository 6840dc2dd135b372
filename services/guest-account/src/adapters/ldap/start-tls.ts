import { once } from 'node:events';
import type { Socket } from 'node:net';
import { BerReader } from 'ldapts';
import { fault } from '@inkpost/server-connection/run-steps.js';

/** The extended operation that asks for TLS, as message 1 (RFC 4511, 4.14.1). */
const START_TLS = Buffer.concat([Buffer.from('301d02010177188016', 'hex'), Buffer.from('1.3.6.1.4.1.1466.20037')]);
const ANSWER_BYTES_MAX = 4_096;
const EXTENDED_RESPONSE = 0x78;

const UNWILLING = 'The server grants no StartTLS: choose implicit TLS, usually on port 636, or let StartTLS be allowed there.';
const NO_LDAP = 'What answers there is not an LDAP server: are server, port and the choice of TLS right? Implicit TLS is usually on port 636.';

/** Says the words after which the connection goes on in TLS. Throws a `Failure`. */
export async function startTls(socket: Socket, signal: AbortSignal): Promise<void> {
  socket.write(START_TLS);
  const answer = await readMessage(socket, signal);
  const reader = new BerReader(answer);
  try {
    reader.readSequence();
    reader.readInt();
    reader.readSequence(EXTENDED_RESPONSE);
  } catch (error) {
    throw fault(NO_LDAP, error);
  }
  if (reader.readEnumeration() !== 0) throw fault(UNWILLING);
}

/** One message and not a byte more: what came with it in clear text could be anybody's. */
async function readMessage(socket: Socket, signal: AbortSignal): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  for (;;) {
    const chunk: unknown = socket.read();
    if (Buffer.isBuffer(chunk)) bytes = Buffer.concat([bytes, chunk]);
    const length = messageLength(bytes);
    if (bytes.length === length) return bytes;
    if (bytes.length > Math.min(length, ANSWER_BYTES_MAX) || socket.readableEnded || socket.destroyed) throw fault(NO_LDAP);
    if (!Buffer.isBuffer(chunk)) await Promise.race([once(socket, 'readable', { signal }), once(socket, 'end', { signal }), once(socket, 'close', { signal })]);
  }
}

/** Of a BER message with its header (X.690, 8.1.3); as long as it isn't known, more than can come. */
function messageLength(bytes: Buffer): number {
  const [, first] = bytes;
  if (first === undefined) return Number.POSITIVE_INFINITY;
  if (first < 0x80) return 2 + first;
  const sizeBytes = first & 0x7f;
  return sizeBytes >= 1 && sizeBytes <= 4 && bytes.length >= 2 + sizeBytes ? 2 + sizeBytes + bytes.readUIntBE(2, sizeBytes) : Number.POSITIVE_INFINITY;
}
