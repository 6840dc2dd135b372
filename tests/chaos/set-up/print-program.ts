import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import type { BareInstallation } from '../../installation/start-installation.js';
import type { ChaosQueue } from './queues.js';

interface HandedIn {
  readonly person: string;
  readonly queue: ChaosQueue;
  readonly title: string;
  readonly pdf: Buffer;
}

const TOKEN_HOURS = 24;
const ANSWER_MS = 15_000;

/** A program that hands documents in for people, by the Print API. */
export class PrintProgram {
  private constructor(
    private readonly port: number,
    private readonly certificate: string,
    private readonly token: string,
  ) {}

  /** Its token, and the certificate that it trusts from now on. */
  static async signUp({ rest, ports, folder }: BareInstallation): Promise<PrintProgram> {
    const expiresAt = new Date(Date.now() + TOKEN_HOURS * 3_600_000).toISOString();
    const { secret } = await rest.post<{ readonly secret: string }>('/api/v0/api-tokens', { name: 'chaos', rights: ['print-on-behalf', 'guests.add'], expiresAt });
    const authority = await readFile(join(folder, 'data', 'certificate', 'authority.pem'), 'utf8');
    return new PrintProgram(ports.dsp, new X509Certificate(authority).toString(), secret);
  }

  /** Once: the same title is the same request. Gives the job's id; throws where it was not taken, or nobody said so. */
  async handIn({ person, queue, title, pdf }: HandedIn): Promise<string> {
    const job = { user: { address: person, create: true }, target: { queueId: queue }, title };
    const headers = { authorization: `Bearer ${this.token}`, 'content-type': 'application/pdf', 'idempotency-key': title, 'print-job': JSON.stringify(job) };
    const { status, text } = await this.post('/print-api/v1/jobs', headers, pdf);
    if (status !== 201 && status !== 200) throw new Error(`${title} was not taken: ${status} ${text}`);
    return (JSON.parse(text) as { readonly jobId: string }).jobId;
  }

  private async post(path: string, headers: Readonly<Record<string, string>>, body: Buffer): Promise<{ readonly status: number; readonly text: string }> {
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(ANSWER_MS);
      request({ host: '127.0.0.1', port: this.port, ca: this.certificate, agent: false, method: 'POST', path, headers, signal }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece)).on('error', reject).on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      }).on('error', reject).end(body);
    });
  }
}
