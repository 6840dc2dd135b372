import { optionalText } from '@inkpost/config/variables.js';
import { linkLocalServersVariable } from '@inkpost/server-connection/address-rules.js';
import { masterKeyVariables } from '@inkpost/service/master-key.js';
import { serviceVariables } from '@inkpost/service/service-variables.js';

export const notificationConfig = {
  ...serviceVariables('notification'),
  ...masterKeyVariables,
  linkLocalServers: linkLocalServersVariable(),
  timeZone: optionalText('INKPOST_TIME_ZONE', "Time zone of the times in mails, such as Europe/Paris; by default the system's."),
};
