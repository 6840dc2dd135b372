import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { CertificateRefusal } from '@inkpost/gateway/install-certificate/certificate-refusal.js';
import type { PfxContents } from '@inkpost/gateway/install-certificate/read-pfx.js';
import { LIMITS } from '@inkpost/gateway/limits.js';

/** PEM, as a door takes it; of the chain first the server's own, then those that it hangs on, as far as they are there. */
export interface JudgedCertificate {
  readonly certificatePem: string;
  readonly keyPem: string;
}

const [SERVER_AUTHENTICATION, ANY_USAGE] = ['1.3.6.1.5.5.7.3.1', '2.5.29.37.0'];
/** As OpenSSL names them; what browsers take. */
const CURVES: readonly string[] = ['prime256v1', 'secp384r1', 'secp521r1'];

/** Finds the server's certificate by its key, and whether it may stand at a door now. Throws a CertificateRefusal. */
export function judgeCertificate({ certificates: ders, keys: keyDers }: PfxContents, now: Date): JudgedCertificate {
  const certificates = ders.map((der) => readable(() => new X509Certificate(der), 'a certificate'));
  const keys = keyDers.map((der) => readable(() => createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' }), 'the private key'));
  if (certificates.length === 0) throw refused('holds no certificate');
  if (keys.length === 0) throw refused('holds no private key: export it together with its key, in Windows with "Yes, export the private key"');
  const pair = certificates.flatMap((leaf) => keys.filter((key) => leaf.checkPrivateKey(key)).map((key) => ({ leaf, key })))[0];
  if (!pair) throw refused('holds a private key that fits none of its certificates');
  const problem = whyNot(pair.leaf, pair.key, now);
  if (problem !== undefined) throw refused(problem);
  const chain = chainOf(pair.leaf, certificates);
  return { certificatePem: chain.map((each) => each.toString()).join(''), keyPem: pair.key.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/** Undefined: nothing speaks against it. */
function whyNot(leaf: X509Certificate, key: KeyObject, now: Date): string | undefined {
  const [from, to] = [new Date(leaf.validFrom), new Date(leaf.validTo)];
  if (to <= now) return `holds a certificate that ended on ${day(to)}: renew it where it was issued`;
  if (from > now) return `holds a certificate that is valid only from ${day(from)} on; the clock here says ${now.toISOString()}`;
  return weakKey(key) ?? weakSignature(leaf) ?? unfitUse(leaf);
}

function weakKey({ asymmetricKeyType: kind, asymmetricKeyDetails: details }: KeyObject): string | undefined {
  const bits = details?.modulusLength ?? 0;
  if (kind === 'rsa') {
    if (bits < LIMITS.rsaBitsMin) return `holds an RSA key of ${bits} bits, which is too weak: at least ${LIMITS.rsaBitsMin}`;
    return bits > LIMITS.rsaBitsMax ? `holds an RSA key of ${bits} bits, which makes every connection slow: at most ${LIMITS.rsaBitsMax}` : undefined;
  }
  const fits = kind === 'ec' && CURVES.includes(details?.namedCurve ?? '');
  return fits ? undefined : `holds a key of a kind that browsers do not take (${details?.namedCurve ?? kind ?? 'unknown'}): RSA, or ECDSA on P-256, P-384 or P-521`;
}

function weakSignature(leaf: X509Certificate): string | undefined {
  const algorithm = leaf.signatureAlgorithm ?? leaf.signatureAlgorithmOid;
  return /md[245]|sha-?1(?!\d)/i.test(algorithm) ? `holds a certificate that is signed with ${algorithm}, which is too weak: have it issued anew, with SHA-256` : undefined;
}

function unfitUse(leaf: X509Certificate): string | undefined {
  // Node's `keyUsage` is what X.509 calls the extended one.
  if (leaf.keyUsage && !leaf.keyUsage.some((usage) => usage === SERVER_AUTHENTICATION || usage === ANY_USAGE)) {
    return `holds a certificate that is not for server authentication (${SERVER_AUTHENTICATION})`;
  }
  const usages = new x509.X509Certificate(leaf.raw).getExtension(x509.KeyUsagesExtension)?.usages ?? x509.KeyUsageFlags.digitalSignature;
  return (usages & x509.KeyUsageFlags.digitalSignature) === 0 ? 'holds a certificate whose key may not sign (key usage), which every TLS server does' : undefined;
}

function chainOf(leaf: X509Certificate, all: readonly X509Certificate[]): X509Certificate[] {
  const chain = [leaf];
  for (let last = leaf; !last.checkIssued(last); ) {
    const issuer = all.find((each) => !chain.includes(each) && last.checkIssued(each) && last.verify(each.publicKey));
    if (!issuer) break;
    chain.push(issuer);
    last = issuer;
  }
  return chain;
}

function readable<T>(read: () => T, what: string): T {
  try {
    return read();
  } catch {
    throw refused(`holds ${what} that can not be read`);
  }
}

function refused(reason: string): CertificateRefusal {
  return new CertificateRefusal('pfx', reason);
}

function day(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}
