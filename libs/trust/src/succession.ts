import { createPrivateKey, X509Certificate } from 'node:crypto';
import { CompactSign, compactVerify } from 'jose';

/** Who is the master of a domain since when. */
export interface Succession {
  readonly domainId: string;
  /** Grows with each change of the master. */
  readonly epoch: number;
  readonly masterId: string;
  /** Where the master is reached: `https://host:5753/watchdoc/server`. */
  readonly masterUri: string;
}

const TYPE = 'inkpost-succession';

/** A statement that the domain's authority signs (JWS, ES256): whoever trusts the authority believes it, from whomever it comes. `keyPem`: the authority's. */
export async function signSuccession({ domainId, epoch, masterId, masterUri }: Succession, keyPem: string): Promise<string> {
  const payload = new TextEncoder().encode(JSON.stringify({ domainId, epoch, masterId, masterUri }));
  return new CompactSign(payload).setProtectedHeader({ alg: 'ES256', typ: TYPE }).sign(createPrivateKey(keyPem));
}

/** What a statement says; undefined: the authority did not sign it, or it is about another domain. */
export async function verifySuccession(statement: string, authorityCertificatePem: string, domainId: string): Promise<Succession | undefined> {
  try {
    const { payload, protectedHeader } = await compactVerify(statement, new X509Certificate(authorityCertificatePem).publicKey, { algorithms: ['ES256'] });
    const said = JSON.parse(new TextDecoder().decode(payload)) as Succession;
    return protectedHeader.typ === TYPE && said.domainId === domainId ? said : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether the first is to be followed rather than the second. Of two servers that were promoted on both sides of a cut line, in the same epoch, the one with the
 * greater id stays: it says nothing about them, but all servers come to the same.
 */
export function outranks(one: Pick<Succession, 'epoch' | 'masterId'>, other: Pick<Succession, 'epoch' | 'masterId'>): boolean {
  return one.epoch === other.epoch ? one.masterId > other.masterId : one.epoch > other.epoch;
}
