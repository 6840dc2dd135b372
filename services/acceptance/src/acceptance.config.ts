import { optionalText, text } from '@inkpost/config/variables.js';
import { serviceVariables } from '@inkpost/service/service-variables.js';

export const acceptanceConfig = {
  ...serviceVariables('acceptance'),
  spoolFolder: text('INKPOST_SPOOL_FOLDER', 'Folder of the sealed documents, the same for all services.', '.inkpost/spool'),
  masterKey: optionalText('INKPOST_MASTER_KEY', 'Master key, instead of the file master-key in the secrets folder: 32 bytes as 64 hex digits or base64.'),
};
