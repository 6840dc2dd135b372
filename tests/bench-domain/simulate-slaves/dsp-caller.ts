import { Agent, request } from 'node:https';
import type { SecureContext } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { type DescMessage, type DescMethodUnary, fromBinary, type MessageInitShape, type MessageShape, toBinary, create } from '@bufbuild/protobuf';
import { dspNameOf } from '@inkpost/trust/dsp-name.js';

export interface DspCallerOptions {
  readonly context: SecureContext;
  readonly masterOrigin: string;
  readonly masterId: string;
  readonly succession: string;
  readonly onRequest: () => void;
}

/** Calls one server as a member does: Connect's unary protocol over TLS 1.3 with this slave's own certificate, kept alive. Without Connect's client: a thousand of them share one processor. */
export class DspCaller {
  private readonly agent: Agent;

  constructor(private readonly options: DspCallerOptions) {
    const { context, masterId } = options;
    this.agent = new Agent({ secureContext: context, servername: dspNameOf(masterId), minVersion: 'TLSv1.3', keepAlive: true, maxSockets: 2 });
  }

  /** Rejects for whatever is not the answer. */
  async call<I extends DescMessage, O extends DescMessage>(method: DescMethodUnary<I, O>, message: MessageInitShape<I>, timeoutMs: number, signal?: AbortSignal): Promise<MessageShape<O>> {
    this.options.onRequest();
    const body = await this.send(`/dsp/v1/${method.parent.typeName}/${method.name}`, toBinary(method.input, create(method.input, message)), timeoutMs, signal);
    return fromBinary(method.output, body);
  }

  /** All connections end. */
  hangUp(): void {
    this.agent.destroy();
  }

  private send(path: string, body: Uint8Array, timeoutMs: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const { masterOrigin, succession } = this.options;
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const headers = { 'content-type': 'application/proto', 'connect-protocol-version': '1', 'connect-timeout-ms': String(timeoutMs), 'accept-encoding': 'gzip', 'content-length': body.length, 'inkpost-succession': succession };
    const call = request(`${masterOrigin}${path}`, { method: 'POST', agent: this.agent, headers, timeout: timeoutMs, ...(signal ? { signal } : {}) }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('error', reject);
      answer.once('end', () => {
        const whole = Buffer.concat(chunks);
        if (answer.statusCode !== 200) reject(new Error(`${answer.statusCode} ${whole.toString('utf8', 0, 300)}`));
        else resolve(answer.headers['content-encoding'] === 'gzip' ? gunzipSync(whole) : whole);
      });
    });
    call.once('error', reject);
    call.once('timeout', () => call.destroy(new Error('timeout')));
    call.end(body);
    return promise;
  }
}
