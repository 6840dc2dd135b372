import { optionalText, url } from '@inkpost/config/variables.js';
import { linkLocalServersVariable } from '@inkpost/server-connection/address-rules.js';
import { masterKeyVariables } from '@inkpost/service/master-key.js';
import { serviceVariables } from '@inkpost/service/service-variables.js';

export const notificationConfig = {
  ...serviceVariables('notification'),
  ...masterKeyVariables,
  publicUrl: url('INKPOST_PUBLIC_URL', 'How browsers reach the gateway: links in mails to unknown senders and their sponsors begin with it.', ['http', 'https'], 'http://localhost:5780'),
  linkLocalServers: linkLocalServersVariable(),
  timeZone: optionalText('INKPOST_TIME_ZONE', "Time zone of the times in mails, such as Europe/Paris; by default the system's."),
};
