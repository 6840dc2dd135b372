import { generateKeyPairSync } from 'node:crypto';
import { sealMessage } from 'mailauth';
import { dkimSign } from 'mailauth/lib/dkim/sign.js';

/** A domain that signs its mails, with a key of its own. */
export class SigningDomain {
  private readonly keys = generateKeyPairSync('rsa', { modulusLength: 2048 });

  constructor(readonly domain: string) {}

  /** Its key as DNS holds it (RFC 6376, 3.6.1). */
  get dnsRecord(): readonly [name: string, text: string] {
    return [`inkpost._domainkey.${this.domain}`, `v=DKIM1; k=rsa; p=${this.keys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`];
  }

  /** The mail with a DKIM signature. `bodyLengthMax`: only so much of its body is signed. */
  async sign(mail: string, bodyLengthMax?: number): Promise<string> {
    const key = { signingDomain: this.domain, selector: 'inkpost', privateKey: this.privateKey, ...(bodyLengthMax !== undefined && { maxBodyLength: bodyLengthMax }) };
    const { signatures } = await dkimSign(mail, { canonicalization: 'relaxed/relaxed', signTime: new Date(), ...key, signatureData: [key] });
    return `${signatures}${mail}`;
  }

  /** The mail with an ARC set of this domain on top (RFC 8617). `results` as in Authentication-Results. */
  async seal(mail: string, results: string, cv: 'none' | 'pass' = 'none'): Promise<string> {
    const seal = await sealMessage(mail, { signingDomain: this.domain, selector: 'inkpost', privateKey: this.privateKey, authResults: results, cv });
    return `${seal.toString('latin1')}${mail}`;
  }

  private get privateKey(): string {
    return this.keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  }
}

/** A small mail from this address. */
export function mailFrom(from: string, body = 'Please print.\r\n'): string {
  return `From: ${from}\r\nTo: print@inkpost.test\r\nSubject: signed\r\nDate: ${new Date().toUTCString()}\r\nMessage-ID: <${crypto.randomUUID()}@example.org>\r\n\r\n${body}`;
}
