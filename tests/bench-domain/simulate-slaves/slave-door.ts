import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { SecureContext, TLSSocket } from 'node:tls';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { DeliverRequestSchema, DeliverResponseSchema, type MasterMessage, type SlaveMessage } from '@inkpost/contracts/domain/v1/replication_pb.js';
import { serverIdOf } from '@inkpost/trust/dsp-name.js';

/** A slave behind the door. */
export interface Answering {
  readonly context: SecureContext;
  readonly isDeaf: boolean;
  obey(message: MasterMessage): SlaveMessage;
  /** The answer is on its way. */
  answered(): void;
}

const DELIVER = '/dsp/v1/domain.v1.ReplicationService/Deliver';

/** The doors of all slaves of this process on one port: the name that the master calls says which one, and which certificate is shown. */
export async function openDoor(port: number, authorityCertificatePem: string, slaves: ReadonlyMap<string, Answering>): Promise<Server> {
  const slaveOf = (name: string | false | null | undefined): Answering | undefined => slaves.get(serverIdOf(String(name)) ?? '');
  const server = createServer({
    requestCert: true, rejectUnauthorized: true, ca: authorityCertificatePem, minVersion: 'TLSv1.3', keepAliveTimeout: 65_000,
    SNICallback: (name, done) => {
      const slave = slaveOf(name);
      done(slave ? null : new Error('No such slave.'), slave?.context);
    },
  }, (incoming, response) => void answer(slaveOf((incoming.socket as TLSSocket & { servername?: string }).servername), incoming, response).catch(() => response.destroy()));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function answer(slave: Answering | undefined, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!slave || slave.isDeaf) return void response.destroy();
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  if (incoming.url !== DELIVER) return void response.writeHead(404, { 'content-type': 'application/json' }).end('{"code":"unimplemented"}');
  const { message } = fromBinary(DeliverRequestSchema, Buffer.concat(chunks));
  if (!message) return void response.writeHead(400, { 'content-type': 'application/json' }).end('{"code":"invalid_argument"}');
  const body = toBinary(DeliverResponseSchema, create(DeliverResponseSchema, { message: slave.obey(message) }));
  response.writeHead(200, { 'content-type': 'application/proto', 'content-length': body.length }).end(body);
  slave.answered();
}
