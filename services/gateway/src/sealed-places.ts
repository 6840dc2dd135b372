import type { StoredBytes } from '@inkpost/secrets/sealed-place.js';

export const gatewayBytes: StoredBytes = {
  sealed: [],
  unsealed: [
    { table: 'session', column: 'token_sha256', holds: 'digest' },
    { table: 'release_session', column: 'token_sha256', holds: 'digest' },
    { table: 'audit_entry', column: 'sha256', holds: 'digest' },
    { table: 'audit_end', column: 'sha256', holds: 'digest' },
  ],
};
