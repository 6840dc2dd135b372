import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto';
import { SignJWT } from 'jose';
import { fault } from '@inkpost/server-connection/run-steps.js';

/** By which an application proves that it has the key of its certificate. */
export interface AssertedApplication {
  readonly clientId: string;
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly privateKey: string;
}

const VALID_FOR = '5m';

/** A token that the application signs itself (RFC 7523, 2.2; Microsoft, "Application authentication certificate credentials"). `audience`: the token endpoint. */
export async function clientAssertion({ clientId, certificate, privateKey }: AssertedApplication, audience: string): Promise<string> {
  const shown = new X509Certificate(certificate);
  if (new Date(shown.validTo) <= new Date()) throw fault(`The application's certificate expired on ${shown.validTo}: make another one, upload it to the app registration and give it to this directory.`);
  const thumbprint = Buffer.from(shown.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
  return new SignJWT().setProtectedHeader({ alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint }).setIssuer(clientId).setSubject(clientId).setAudience(audience)
    .setJti(randomUUID()).setIssuedAt().setNotBefore('0s').setExpirationTime(VALID_FOR).sign(createPrivateKey(privateKey));
}
