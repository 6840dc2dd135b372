import { X509Certificate } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { expect, it } from 'vitest';
import { makeCertificate } from '@inkpost/testkit/make-certificate.js';
import { clientAssertion } from './client-assertion.js';

it('shows which certificate the application has, for whom it is, and that it has the key', async () => {
  const { certificate, key: privateKey } = await makeCertificate({ commonName: 'Inkpost', keyKind: 'rsa' });
  const audience = 'https://login.example/tenant/oauth2/v2.0/token';
  const assertion = await clientAssertion({ clientId: 'client', certificate, privateKey }, audience);
  const shown = new X509Certificate(certificate);
  expect(decodeProtectedHeader(assertion)).toEqual({ alg: 'PS256', typ: 'JWT', 'x5t#S256': Buffer.from(shown.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url') });
  const { payload } = await jwtVerify(assertion, shown.publicKey, { audience, issuer: 'client', subject: 'client', requiredClaims: ['jti', 'nbf', 'exp'] });
  expect((payload.exp ?? 0) - (payload.nbf ?? 0)).toBe(300);
});
