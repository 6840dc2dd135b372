import type { StoredBytes } from '@inkpost/secrets/sealed-place.js';
import { pukContext } from './hold-job/puk.js';

export const printSubmitBytes: StoredBytes = {
  sealed: [],
  unsealed: [{ table: 'puk', column: 'code_hash', holds: 'keyed-hash' }],
  fields: [{ subject: 'print.job-held.v1', field: 'sealedPuk', contextPaths: [['messageId'], ['owner', 'address']], context: pukContext }],
};
