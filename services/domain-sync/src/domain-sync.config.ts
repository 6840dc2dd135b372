import { text, url } from '@inkpost/config/variables.js';
import { linkLocalServersVariable } from '@inkpost/server-connection/address-rules.js';
import { masterKeyVariables } from '@inkpost/service/master-key.js';
import { CONTROL_PORTS, type ServiceName, serviceVariables, variablePart } from '@inkpost/service/service-variables.js';

function ownerUrl(service: ServiceName) {
  return url(`INKPOST_${variablePart(service)}_URL`, `Where ${service} is reached by the gateway and domain-sync.`, ['http'], `http://127.0.0.1:${CONTROL_PORTS[service]}`);
}

export const domainSyncConfig = {
  ...serviceVariables('domain-sync'),
  ...masterKeyVariables,
  linkLocalServers: linkLocalServersVariable(),
  spoolFolder: text('INKPOST_SPOOL_FOLDER', 'Folder of the sealed documents: the free space shown is that of its disk.', '.inkpost/spool'),
  printSubmitUrl: ownerUrl('print-submit'),
  guestAccountUrl: ownerUrl('guest-account'),
  notificationUrl: ownerUrl('notification'),
};
