import { z } from 'zod';
import type { EntraSettings as WireEntra } from '@inkpost/contracts/admin/v1/directories_pb.js';
import { TEXT } from '../limits.js';
import { cacheTimes, shownTimes } from './server-fields.js';

const addressProperty = z.enum(['mail', 'proxyAddresses', 'userPrincipalName', 'otherMails']);

export const entra = z.strictObject({
  tenantId: z.string().min(1).max(TEXT.host).describe('Directory (tenant) ID, or a domain of the tenant.'),
  clientId: z.string().min(1).max(TEXT.clientId).describe('Application (client) ID of the app registration, which has the application permissions User.Read.All and GroupMember.Read.All.'),
  signIn: z.enum(['secret', 'certificate']).default('secret').describe('How the application proves itself: by a client secret, or by a certificate with its private key.'),
  clientSecret: z.string().max(TEXT.clientSecret).optional().describe('Its value, not its ID. Never shown again; without it the stored one stays, for the same application.'),
  certificate: z.string().max(TEXT.pem).default('').describe('PEM, as it was uploaded to the app registration.'),
  privateKey: z.string().max(TEXT.pem).optional().describe('Of that certificate: PEM, RSA, without a passphrase. Never shown again; without it the stored one stays, for the same application and certificate.'),
  addressProperties: z.array(addressProperty).min(1).max(addressProperty.options.length).default(['mail', 'proxyAddresses', 'userPrincipalName', 'otherMails']).describe('Where addresses are written; the first address of the first one is where mails go. Whoever is found has the address in one of them.'),
  loginProperty: z.enum(['userPrincipalName', 'mailNickname', 'onPremisesSamAccountName', 'employeeId']).default('userPrincipalName').describe('What people are called when they sign in.'),
  externalUsers: z.boolean().default(false).describe('Also find those who are only guests of the tenant.'),
  ...cacheTimes,
}).meta({ id: 'EntraSettings', description: 'How people are found in a tenant of Microsoft Entra, by Microsoft Graph.' });

export const entraState = z.object({
  tenantId: z.string(), clientId: z.string(), signIn: z.string(), certificate: z.string(), addressProperties: z.array(z.string()), loginProperty: z.string(), externalUsers: z.boolean(), ...shownTimes,
}).meta({ id: 'DirectoryEntra', description: 'Without the client secret and the private key, which are never shown.' });

/** What isn't given stays away: it is not the same as empty. */
export function fromEntra({ clientSecret, privateKey, ...fields }: z.output<typeof entra>) {
  return { ...fields, ...(clientSecret === undefined ? {} : { clientSecret }), ...(privateKey === undefined ? {} : { privateKey }) };
}

export function toEntra({ $typeName: _name, $unknown: _unknown, clientSecret: _secret, privateKey: _key, ...fields }: WireEntra): z.input<typeof entraState> {
  return fields;
}
