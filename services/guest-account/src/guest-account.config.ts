import { oneOf, optionalText, url } from '@inkpost/config/variables.js';
import { linkLocalServersVariable } from '@inkpost/server-connection/address-rules.js';
import { authorityCaFileVariable, graphUrlVariable, office365AuthorityVariable } from '@inkpost/server-connection/cloud-variables.js';
import { masterKeyVariables } from '@inkpost/service/master-key.js';
import { serviceVariables } from '@inkpost/service/service-variables.js';

export const guestAccountConfig = {
  ...serviceVariables('guest-account'),
  language: oneOf('INKPOST_LANGUAGE', 'Language of this installation: of people whose own is not known.', ['en', 'fr'], 'en'),
  ...masterKeyVariables,
  linkLocalServers: linkLocalServersVariable(),
  office365Authority: office365AuthorityVariable(),
  graphUrl: graphUrlVariable(),
  authorityCaFile: authorityCaFileVariable(),
  publicUrl: url('INKPOST_PUBLIC_URL', 'How browsers reach the gateway. Whoever signs in at the organisation\'s sign-in server comes back to an address below it, which is registered there.', ['http', 'https'], 'http://localhost:5780'),
  maintenancePassword: optionalText('INKPOST_MAINTENANCE_PASSWORD', 'Password of the account maintenance, instead of the file maintenance-password in the secrets folder. Set at the start when it is another than last time.'),
};
