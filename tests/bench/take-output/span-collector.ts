import { once } from 'node:events';
import { createServer } from 'node:http';

/** Takes OTLP over HTTP as a collector does, and drops it: the suite is measured with its traces being sent. */
export interface SpanCollector {
  /** For INKPOST_OTLP_URL. */
  readonly url: string;
  readonly receivedBytes: number;
  stop(): Promise<void>;
}

export async function startSpanCollector(): Promise<SpanCollector> {
  let receivedBytes = 0;
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => (receivedBytes += chunk.length));
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the span collector listens on no port');
  return {
    url: `http://127.0.0.1:${address.port}/v1/traces`,
    get receivedBytes() {
      return receivedBytes;
    },
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
