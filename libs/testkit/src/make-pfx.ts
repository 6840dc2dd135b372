import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { KeyedCertificate } from './make-certificate.js';
import { temporaryFolder } from './temporary-folder.js';

const run = promisify(execFile);

export interface PfxWish {
  readonly certificate: string;
  /** Absent: none goes in. */
  readonly key?: string;
  /** PEM of the certificates between, and of the authority. */
  readonly chain?: string;
  readonly password?: string;
  /** More of `openssl pkcs12 -export`, such as `-legacy`. */
  readonly options?: readonly string[];
}

/** Makes a PFX (PKCS #12) with OpenSSL; as it does by default, with AES-256 and SHA-256. */
export async function makePfx({ certificate, key, chain = '', password = 'secret', options = [] }: PfxWish): Promise<Buffer> {
  const scratch = await temporaryFolder('pfx');
  const file = (name: string): string => join(scratch.path, name);
  try {
    await writeFile(file('certificates.pem'), certificate + chain);
    await writeFile(file('key.pem'), key ?? '');
    const keyOptions = key === undefined ? ['-nokeys'] : ['-inkey', file('key.pem')];
    await run('openssl', ['pkcs12', '-export', '-in', file('certificates.pem'), ...keyOptions, '-out', file('made.pfx'), '-passout', `pass:${password}`, ...options]);
    return await readFile(file('made.pfx'));
  } finally {
    await scratch.remove();
  }
}

/** A PFX of a certificate with its key. */
export async function makePfxOf({ certificate, key }: KeyedCertificate, wish: Omit<PfxWish, 'certificate' | 'key'> = {}): Promise<Buffer> {
  return makePfx({ certificate, key, ...wish });
}
