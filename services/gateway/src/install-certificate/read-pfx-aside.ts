import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Problem } from '../answer-route/problem.js';
import { LIMITS } from '../limits.js';
import type { JudgedCertificate } from './judge-certificate.js';

export interface PfxQuestion {
  readonly pfx: Uint8Array;
  readonly password: string;
  readonly now: Date;
}

export type PfxVerdict = { readonly certificate: JudgedCertificate } | { readonly refusal: { readonly field: 'pfx' | 'password'; readonly reason: string } };

let isBusy = false;

/** Opens and judges a PFX in a thread of its own, with a limit of time and memory: a hostile one stops nobody's requests. One at a time. Throws a Problem. */
export async function readPfxAside(question: PfxQuestion): Promise<JudgedCertificate> {
  if (isBusy) throw new Problem('too-many-requests', 'Another certificate is being read.', { retryAfterSeconds: 2 });
  isBusy = true;
  try {
    const verdict = await askWorker(question);
    if ('certificate' in verdict) return verdict.certificate;
    const { field, reason } = verdict.refusal;
    throw new Problem('invalid-request', `${field} ${reason}.`, { errors: [{ field, reason }] });
  } finally {
    isBusy = false;
  }
}

async function askWorker(question: PfxQuestion): Promise<PfxVerdict> {
  const extension = extname(import.meta.url);
  const { promise, resolve } = Promise.withResolvers<PfxVerdict>();
  const worker = new Worker(new URL(`./read-pfx-worker${extension}`, import.meta.url), {
    workerData: question, env: {}, stdout: true, stderr: true, ...(extension === '.ts' ? { execArgv: ['--conditions=inkpost-source'] } : {}),
    resourceLimits: { maxOldGenerationSizeMb: LIMITS.pfxHeapMegabytes, maxYoungGenerationSizeMb: 16, stackSizeMb: 2 },
  });
  const late = setTimeout(() => resolve(unreadable(`can not be read within ${LIMITS.pfxReadMs / 1_000} s`)), LIMITS.pfxReadMs);
  worker.once('message', resolve);
  // What the parser chokes on says nothing to people, and may quote the file.
  worker.once('error', () => resolve(unreadable('is not a PFX (PKCS #12), or it is damaged')));
  try {
    return await promise;
  } finally {
    clearTimeout(late);
    void worker.terminate();
  }
}

function unreadable(reason: string): PfxVerdict {
  return { refusal: { field: 'pfx', reason } };
}
