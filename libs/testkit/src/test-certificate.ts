import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from './temporary-folder.js';

const run = promisify(execFile);

/** All PEM. */
export interface TestCertificate {
  /** Of the authority that signed it: what clients are given to trust. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** A certificate for `localhost` and 127.0.0.1, signed by an authority that is made for it and trusted by nobody else. */
export async function makeTestCertificate(): Promise<TestCertificate> {
  const folder = await temporaryFolder('certificate');
  const file = (name: string) => join(folder.path, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'];
  try {
    await run('openssl', ['req', '-x509', ...key, '-subj', '/CN=Inkpost test authority', '-addext', 'keyUsage=critical,keyCertSign', '-keyout', file('ca-key.pem'), '-out', file('ca.pem')]);
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-addext', 'basicConstraints=critical,CA:FALSE'];
    await run('openssl', ['req', '-x509', ...key, '-CA', file('ca.pem'), '-CAkey', file('ca-key.pem'), ...names, '-keyout', file('key.pem'), '-out', file('certificate.pem')]);
    return { ca: await readFile(file('ca.pem'), 'utf8'), certificate: await readFile(file('certificate.pem'), 'utf8'), key: await readFile(file('key.pem'), 'utf8') };
  } finally {
    await folder.remove();
  }
}
