import { text, wholeNumber } from '@inkpost/config/variables.js';
import { linkLocalServersVariable } from '@inkpost/server-connection/address-rules.js';
import { masterKeyVariables } from '@inkpost/service/master-key.js';
import { serviceVariables } from '@inkpost/service/service-variables.js';

/** The settings of print-submit. */
export const printSubmitConfig = {
  ...serviceVariables('print-submit'),
  spoolFolder: text('INKPOST_SPOOL_FOLDER', 'Folder of the sealed documents, the same for all services.', '.inkpost/spool'),
  ...masterKeyVariables,
  linkLocalServers: linkLocalServersVariable(),
  sendsPerPrinterMax: wholeNumber('INKPOST_PRINT_SENDS_PER_PRINTER_MAX', 'Documents that are sent to one printer side by side, where it takes several.', 4, { min: 1, max: 16 }),
  ghostscript: text('INKPOST_GHOSTSCRIPT', 'Path of Ghostscript, which makes documents readable for printers that take no PDF.', '/usr/bin/gs'),
  jobHistoryDays: wholeNumber('INKPOST_PRINT_JOB_HISTORY_DAYS', 'How long finished jobs stay in the list of jobs.', 90, { min: 1, max: 3_650 }),
};
