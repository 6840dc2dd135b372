import type { StoredBytes } from '@inkpost/secrets/sealed-place.js';

/** Of schema `spool`: a document's key is wrapped for its id. */
export const spoolBytes: StoredBytes = {
  sealed: [{ table: 'document', column: 'wrapped_key', purpose: 'document-key', key: ['id'], context: (id = '') => id }],
  unsealed: [{ table: 'document', column: 'sha256', holds: 'digest' }],
};
