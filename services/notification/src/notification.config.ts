import { optionalText } from '@inkpost/config/variables.js';
import { linkLocalServersVariable } from '@inkpost/server-connection/address-rules.js';
import { serviceVariables } from '@inkpost/service/service-variables.js';

export const notificationConfig = {
  ...serviceVariables('notification'),
  masterKey: optionalText('INKPOST_MASTER_KEY', 'Master key, instead of the file master-key in the secrets folder: 32 bytes as 64 hex digits or base64.'),
  linkLocalServers: linkLocalServersVariable(),
  timeZone: optionalText('INKPOST_TIME_ZONE', "Time zone of the times in mails, such as Europe/Paris; by default the system's."),
};
