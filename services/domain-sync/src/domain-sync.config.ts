import { text } from '@inkpost/config/variables.js';
import { masterKeyVariables } from '@inkpost/service/master-key.js';
import { serviceVariables } from '@inkpost/service/service-variables.js';

export const domainSyncConfig = {
  ...serviceVariables('domain-sync'),
  ...masterKeyVariables,
  spoolFolder: text('INKPOST_SPOOL_FOLDER', 'Folder of the sealed documents: the free space shown is that of its disk.', '.inkpost/spool'),
};
