import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const TXT = 16;
const IS_ANSWER = 0x8180;
const NO_SUCH_NAME = 3;

/** A DNS server of a test's own on 127.0.0.1, which knows TXT records and nothing else. */
export interface TestDnsServer {
  /** As `dns.Resolver.setServers` takes it. */
  readonly address: string;
  /** By name, in lower case; may be changed. */
  readonly texts: Map<string, string>;
  /** Names that were asked for. */
  readonly asked: string[];
  /** While true, nothing is answered. */
  silent: boolean;
  stop(): Promise<void>;
}

/** Answers over UDP (RFC 1035); a name without a text does not exist. */
export async function startDnsServer(texts: Readonly<Record<string, string>> = {}): Promise<TestDnsServer> {
  const socket = createSocket('udp4');
  const server: TestDnsServer = { address: '', texts: new Map(Object.entries(texts)), asked: [], silent: false, stop: () => new Promise((resolve) => void socket.close(() => resolve())) };
  socket.on('message', (query, { port, address }) => {
    const { name, end } = readName(query);
    server.asked.push(name);
    if (!server.silent) socket.send(answer(query.subarray(0, end + 4), query.readUInt16BE(end) === TXT ? server.texts.get(name) : undefined), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return Object.assign(server, { address: `127.0.0.1:${socket.address().port}` });
}

/** The name that is asked for, and where its type begins. */
function readName(query: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

/** @param question header and question, as they were sent. */
function answer(question: Buffer, text: string | undefined): Buffer {
  const head = Buffer.from(question);
  head.writeUInt16BE(IS_ANSWER | (text === undefined ? NO_SUCH_NAME : 0), 2);
  head.writeUInt16BE(text === undefined ? 0 : 1, 6);
  // No authority, nothing additional.
  head.writeUInt32BE(0, 8);
  if (text === undefined) return head;
  const strings = (text.match(/.{1,255}/gsu) ?? []).map((piece) => Buffer.concat([Buffer.from([piece.length]), Buffer.from(piece, 'latin1')]));
  const data = Buffer.concat(strings);
  const record = Buffer.alloc(12);
  // Its name is the question's; class IN.
  record.writeUInt16BE(0xc00c, 0);
  record.writeUInt16BE(TXT, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt32BE(60, 6);
  record.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, record, data]);
}
