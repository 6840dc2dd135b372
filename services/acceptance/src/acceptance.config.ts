import { text } from '@inkpost/config/variables.js';
import { masterKeyVariables } from '@inkpost/service/master-key.js';
import { serviceVariables } from '@inkpost/service/service-variables.js';

export const acceptanceConfig = {
  ...serviceVariables('acceptance'),
  spoolFolder: text('INKPOST_SPOOL_FOLDER', 'Folder of the sealed documents, the same for all services.', '.inkpost/spool'),
  ...masterKeyVariables,
};
