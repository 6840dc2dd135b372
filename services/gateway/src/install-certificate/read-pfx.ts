import { timingSafeEqual } from 'node:crypto';
import { type BaseBlock, Constructed, fromBER, Integer, ObjectIdentifier, OctetString, Primitive } from 'asn1js';
import { CertificateRefusal } from '@inkpost/gateway/install-certificate/certificate-refusal.js';
import { decrypt, derivePfxKey, type Derivation, pbkdf2, pfxMac, pfxPasswords } from '@inkpost/gateway/install-certificate/pfx-keys.js';
import { LIMITS } from '@inkpost/gateway/limits.js';

/** What lies in a PFX, in its order. DER; of keys PKCS #8. */
export interface PfxContents {
  readonly certificates: readonly Uint8Array[];
  readonly keys: readonly Uint8Array[];
}

const [DATA, ENCRYPTED_DATA] = ['1.2.840.113549.1.7.1', '1.2.840.113549.1.7.6'];
const BAGS = '1.2.840.113549.1.12.10.1';
const X509 = '1.2.840.113549.1.9.22.1';
const [PBES2, PBKDF2] = ['1.2.840.113549.1.5.13', '1.2.840.113549.1.5.12'];
/** Triple DES with a key from a SHA-1 derivation: what Windows offers besides AES. */
const PBE_SHA1_TRIPLE_DES = '1.2.840.113549.1.12.1.3';
/** RC2, RC4, two-key Triple DES, and the DES of PKCS #5, version 1.5. */
const LEGACY = /^1\.2\.840\.113549\.1\.(?:12\.1\.\d+|5\.(?:1|3|4|6|10|11))$/;

const HASHES: Readonly<Record<string, string>> = { '1.3.14.3.2.26': 'sha1', '2.16.840.1.101.3.4.2.1': 'sha256', '2.16.840.1.101.3.4.2.2': 'sha384', '2.16.840.1.101.3.4.2.3': 'sha512' };
const HMACS: Readonly<Record<string, string>> = { '1.2.840.113549.2.7': 'sha1', '1.2.840.113549.2.9': 'sha256', '1.2.840.113549.2.10': 'sha384', '1.2.840.113549.2.11': 'sha512' };
const CIPHERS: Readonly<Record<string, { readonly name: string; readonly keyBytes: number }>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyBytes: 16 }, '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyBytes: 24 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', keyBytes: 32 }, '1.2.840.113549.3.7': { name: 'des-ede3-cbc', keyBytes: 24 },
};

/** A password, as text and as PKCS #12 writes it. */
interface Password {
  readonly text: string;
  readonly written: Uint8Array;
}

/** Opens a PFX (PKCS #12, RFC 7292) with its password. Throws a CertificateRefusal. It takes its time, and is hostile until proven otherwise: call it aside (`readPfxAside`). */
export function readPfx(pfx: Uint8Array, passwordText: string): PfxContents {
  const [, safe, macData] = childrenOf(parse(pfx));
  const [type, content] = typedContent(safe);
  if (type !== DATA) throw foreign('is protected by a certificate instead of a password');
  const safes = octetsOf(content);
  const [first = new Uint8Array(), ...others] = pfxPasswords(passwordText);
  const written = macData ? [first, ...others].find((each) => hasMac(macData, each, safes)) : first;
  if (!written) throw wrongPassword();
  const password = { text: passwordText, written };
  const bags = childrenOf(parse(safes)).flatMap((each) => bagsOf(contentOf(each, password), 0));
  const found: { certificates: Uint8Array[]; keys: Uint8Array[] } = { certificates: [], keys: [] };
  for (const bag of bags) sort(bag, password, found);
  return found;
}

function hasMac(macData: BaseBlock, password: Uint8Array, content: Uint8Array): boolean {
  const [digestInfo, salt, iterations] = childrenOf(macData);
  const [algorithm, digest] = childrenOf(digestInfo);
  const hash = HASHES[oidOf(childrenOf(algorithm)[0])];
  if (hash === undefined) throw foreign('is protected in a way that Inkpost does not read');
  const expected = octetsOf(digest);
  const mac = pfxMac(password, content, { hash, salt: octetsOf(salt), iterations: iterations ? countOf(iterations) : 1, lengthBytes: hashBytes(hash) });
  return mac.length === expected.length && timingSafeEqual(mac, expected);
}

function contentOf(contentInfo: BaseBlock, password: Password): Uint8Array {
  const [type, content] = typedContent(contentInfo);
  if (type === DATA) return octetsOf(content);
  if (type !== ENCRYPTED_DATA) throw foreign('is protected by a certificate instead of a password');
  const [, algorithm, encrypted] = childrenOf(childrenOf(content)[1]);
  return open(algorithm, implicitOctetsOf(encrypted), password);
}

interface Bag {
  readonly type: string;
  readonly value: BaseBlock;
}

function bagsOf(safeContents: Uint8Array, depth: number): Bag[] {
  if (depth > LIMITS.pfxDepthMax) throw malformed();
  return childrenOf(parse(safeContents)).flatMap((bag) => {
    const [type, value] = typedContent(bag);
    return type === `${BAGS}.6` ? bagsOf(value.valueBeforeDecodeView, depth + 1) : [{ type, value }];
  });
}

function sort({ type, value }: Bag, password: Password, found: { readonly certificates: Uint8Array[]; readonly keys: Uint8Array[] }): void {
  if (found.certificates.length + found.keys.length >= LIMITS.pfxEntriesMax) throw new CertificateRefusal('pfx', `must hold at most ${LIMITS.pfxEntriesMax} certificates and keys`);
  if (type === `${BAGS}.1`) found.keys.push(value.valueBeforeDecodeView);
  if (type === `${BAGS}.2`) {
    const [algorithm, encrypted] = childrenOf(value);
    found.keys.push(open(algorithm, octetsOf(encrypted), password));
  }
  if (type === `${BAGS}.3`) {
    const [kind, certificate] = typedContent(value);
    if (kind === X509) found.certificates.push(octetsOf(certificate));
  }
}

/** Decrypts what an AlgorithmIdentifier says. */
function open(algorithm: BaseBlock | undefined, content: Uint8Array, { text, written }: Password): Uint8Array {
  const [oid, parameters] = childrenOf(algorithm);
  const scheme = oidOf(oid);
  if (scheme === PBES2) return openPbes2(parameters, content, text);
  if (scheme !== PBE_SHA1_TRIPLE_DES) throw LEGACY.test(scheme) ? legacy() : foreign('is encrypted in a way that Inkpost does not read');
  const [salt, iterations] = childrenOf(parameters);
  const derivation = { hash: 'sha1', salt: octetsOf(salt), iterations: countOf(iterations) };
  const key = derivePfxKey(written, 'key', { ...derivation, lengthBytes: 24 });
  return orWrongPassword(decrypt('des-ede3-cbc', key, derivePfxKey(written, 'iv', { ...derivation, lengthBytes: 8 }), content));
}

/** RFC 8018, 6.2 and appendix A. */
function openPbes2(parameters: BaseBlock | undefined, content: Uint8Array, password: string): Uint8Array {
  const [derivationAlgorithm, encryption] = childrenOf(parameters);
  const [kind, derivationParameters] = childrenOf(derivationAlgorithm);
  const [salt, iterations, ...options] = childrenOf(derivationParameters);
  const hmac = options.find((each) => each instanceof Constructed);
  const hash = hmac ? HMACS[oidOf(childrenOf(hmac)[0])] : 'sha1';
  const [cipherOid, iv] = childrenOf(encryption);
  const cipher = CIPHERS[oidOf(cipherOid)];
  if (oidOf(kind) !== PBKDF2 || hash === undefined || !cipher) throw foreign('is encrypted in a way that Inkpost does not read');
  const derivation: Derivation = { hash, salt: octetsOf(salt), iterations: countOf(iterations), lengthBytes: cipher.keyBytes };
  return orWrongPassword(decrypt(cipher.name, pbkdf2(password, derivation), octetsOf(iv), content));
}

function parse(bytes: Uint8Array): BaseBlock {
  const { offset, result } = fromBER(bytes, { maxDepth: LIMITS.pfxNestingMax, maxNodes: LIMITS.pfxNodesMax });
  if (offset < 0) throw malformed();
  return result;
}

function childrenOf(block: BaseBlock | undefined): readonly BaseBlock[] {
  if (!(block instanceof Constructed)) throw malformed();
  return block.valueBlock.value;
}

/** ContentInfo and SafeBag alike: a type, and in [0] what is of it. */
function typedContent(block: BaseBlock | undefined): [string, BaseBlock] {
  const [type, wrapped] = childrenOf(block);
  const [content] = childrenOf(wrapped);
  if (!content) throw malformed();
  return [oidOf(type), content];
}

function oidOf(block: BaseBlock | undefined): string {
  if (!(block instanceof ObjectIdentifier)) throw malformed();
  return block.getValue();
}

function octetsOf(block: BaseBlock | undefined): Uint8Array {
  if (!(block instanceof OctetString)) throw malformed();
  return new Uint8Array(block.getValue());
}

/** [0] IMPLICIT OCTET STRING, in one piece or in several. */
function implicitOctetsOf(block: BaseBlock | undefined): Uint8Array {
  if (block instanceof Primitive) return block.valueBlock.valueHexView;
  return Buffer.concat(childrenOf(block).map(octetsOf));
}

/** Iterations of a derivation: a file may ask for as many as it likes, and each costs time. */
function countOf(block: BaseBlock | undefined): number {
  if (!(block instanceof Integer)) throw malformed();
  const count = block.valueBlock.isHexOnly ? Number.POSITIVE_INFINITY : block.valueBlock.valueDec;
  if (count < 1) throw malformed();
  if (count > LIMITS.pfxIterationsMax) throw new CertificateRefusal('pfx', `derives its keys in more than ${LIMITS.pfxIterationsMax} iterations, which would take too long: export it anew with fewer`);
  return count;
}

function hashBytes(hash: string): number {
  return hash === 'sha1' ? 20 : Number(hash.slice(3)) / 8;
}

function orWrongPassword(bytes: Uint8Array | undefined): Uint8Array {
  if (!bytes) throw wrongPassword();
  return bytes;
}

function malformed(): CertificateRefusal {
  return foreign('is not a PFX (PKCS #12), or it is damaged');
}

function foreign(what: string): CertificateRefusal {
  return new CertificateRefusal('pfx', `${what}: export certificate and private key as PKCS #12 with a password`);
}

function wrongPassword(): CertificateRefusal {
  return new CertificateRefusal('password', 'is wrong: it does not open this PFX');
}

function legacy(): CertificateRefusal {
  return new CertificateRefusal('pfx', 'is encrypted with RC2, RC4 or DES, as old versions of Windows, Java and OpenSSL export, which nothing reads safely any more: export it anew, in Windows with the encryption AES256-SHA256 (TripleDES-SHA1 is read too); or with OpenSSL: openssl pkcs12 -legacy -in old.pfx -nodes -out open.pem, then openssl pkcs12 -export -in open.pem -out new.pfx, and delete open.pem');
}
