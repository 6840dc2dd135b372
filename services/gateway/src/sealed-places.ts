import type { StoredBytes } from '@inkpost/secrets/sealed-place.js';

export const gatewayBytes: StoredBytes = { sealed: [], unsealed: [{ table: 'session', column: 'token_sha256', holds: 'digest' }] };
