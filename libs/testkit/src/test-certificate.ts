import { makeCertificate } from './make-certificate.js';

/** All PEM. */
export interface TestCertificate {
  /** Of the authority that signed it: what clients are given to trust. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** A certificate for `localhost` and 127.0.0.1, signed by an authority that is made for it and trusted by nobody else. */
export async function makeTestCertificate(): Promise<TestCertificate> {
  const authority = await makeCertificate({ commonName: 'Inkpost test authority' });
  const own = await makeCertificate({ commonName: 'localhost', names: ['DNS:localhost', 'IP:127.0.0.1'], authority });
  return { ca: authority.certificate, ...own };
}
