import type { EntraSettings as WireEntra } from '@inkpost/contracts/admin/v1/directories_pb.js';
import { parseDomain } from '@inkpost/mail-address/mail-address.js';
import { parseCertificate } from '@inkpost/server-connection/server-fields.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { checkLine } from '../check-line.js';
import { CLIENT_ID_LENGTH_MAX } from '../limits.js';
import { checkTimes } from './check-server.js';
import { ADDRESS_PROPERTIES, type AddressProperty, ENTRA_SIGN_INS, type EntraSettings, LOGIN_PROPERTIES } from './entra-settings.js';

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Wire -> domain. Throws invalid-argument that names the field. */
export function checkEntra(wire: WireEntra): EntraSettings {
  const tenantId = wire.tenantId.trim().toLowerCase();
  if (!GUID.test(tenantId) && parseDomain(tenantId) === undefined) throw invalidField('entra.tenantId', 'must be the directory (tenant) ID that the Entra admin center shows, or a domain of the tenant');
  const clientId = checkLine('entra.clientId', wire.clientId, CLIENT_ID_LENGTH_MAX);
  if (clientId === '') throw invalidField('entra.clientId', 'is missing: the application (client) ID of the app registration');
  const signIn = ENTRA_SIGN_INS.find((choice) => choice === wire.signIn);
  if (!signIn) throw invalidField('entra.signIn', `must be one of ${ENTRA_SIGN_INS.join(', ')}`);
  const loginProperty = LOGIN_PROPERTIES.find((property) => property === wire.loginProperty);
  if (!loginProperty) throw invalidField('entra.loginProperty', `must be one of ${LOGIN_PROPERTIES.join(', ')}`);
  return {
    tenantId, clientId, signIn, certificate: checkCertificate(signIn, wire.certificate, new Date()), addressProperties: checkProperties(wire.addressProperties), loginProperty,
    externalUsers: wire.externalUsers, ...checkTimes('entra', wire),
  };
}

function checkProperties(names: readonly string[]): AddressProperty[] {
  const known = names.map((name) => ADDRESS_PROPERTIES.find((property) => property === name)).filter((property) => property !== undefined);
  if (known.length === 0 || new Set(known).size < names.length) throw invalidField('entra.addressProperties', `must be one or more of ${ADDRESS_PROPERTIES.join(', ')}, each once`);
  return known;
}

function checkCertificate(signIn: EntraSettings['signIn'], text: string, now: Date): string {
  const pem = text.trim();
  if (signIn === 'secret') {
    if (pem !== '') throw invalidField('entra.certificate', 'is for signIn certificate; leave it out');
    return '';
  }
  const certificate = parseCertificate(pem);
  if (!certificate) throw invalidField('entra.certificate', 'must be the certificate in PEM form that was uploaded to the app registration');
  const until = new Date(certificate.validTo);
  if (until <= now) throw invalidField('entra.certificate', `expired on ${until.toISOString().slice(0, 10)}: make another one, and upload it to the app registration too`);
  return pem;
}
