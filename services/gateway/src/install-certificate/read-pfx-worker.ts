import 'reflect-metadata';
import { parentPort, workerData } from 'node:worker_threads';
import { CertificateRefusal } from '@inkpost/gateway/install-certificate/certificate-refusal.js';
import { judgeCertificate } from '@inkpost/gateway/install-certificate/judge-certificate.js';
import { readPfx } from '@inkpost/gateway/install-certificate/read-pfx.js';
import type { PfxQuestion, PfxVerdict } from '@inkpost/gateway/install-certificate/read-pfx-aside.js';

// The entry of the worker: one PFX, one verdict.
const { pfx, password, now } = workerData as PfxQuestion;

function verdict(): PfxVerdict {
  try {
    return { certificate: judgeCertificate(readPfx(pfx, password), now) };
  } catch (error) {
    if (error instanceof CertificateRefusal) return { refusal: { field: error.field, reason: error.message } };
    throw error;
  }
}

parentPort?.postMessage(verdict(), []);
