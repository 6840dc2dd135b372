import type { StoredBytes } from '@inkpost/secrets/sealed-place.js';
import { directoryPasswordContext } from './directories/directory.js';
import { MAINTENANCE_PROOF_CONTEXT } from './sign-in/maintenance-proof.store.js';
import { clientSecretContext } from './single-sign-on/sign-on-settings.js';
import { SERVER_PASSWORD_CONTEXT } from './user-management/server-settings.js';

export const guestAccountBytes: StoredBytes = {
  sealed: [
    {
      table: 'directory', column: 'sealed_password', purpose: 'secret', key: ['directory_id'], context: directoryPasswordContext,
      // Directories are made of what was read with their revision.
      afterwards: 'UPDATE directory_lookup SET revision = revision + 1',
    },
    {
      table: 'user_management_server', column: 'sealed_password', purpose: 'secret', key: ['only_row'], context: () => SERVER_PASSWORD_CONTEXT,
      // As directories are.
      afterwards: 'UPDATE directory_lookup SET revision = revision + 1',
    },
    { table: 'maintenance_proof', column: 'sealed_record', purpose: 'secret', key: ['only_row'], context: () => MAINTENANCE_PROOF_CONTEXT },
    { table: 'single_sign_on', column: 'sealed_client_secret', purpose: 'secret', key: ['id'], context: clientSecretContext },
  ],
  unsealed: [
    { table: 'guest', column: 'pin_hash', holds: 'keyed-hash' },
    { table: 'guest', column: 'card_hash', holds: 'keyed-hash' },
    { table: 'account_pin', column: 'pin_hash', holds: 'keyed-hash' },
    { table: 'account_card', column: 'card_hash', holds: 'keyed-hash' },
    { table: 'merged_account', column: 'pin_hash', holds: 'keyed-hash' },
    { table: 'merged_account', column: 'card_hash', holds: 'keyed-hash' },
    { table: 'erasure_subject', column: 'address_hash', holds: 'keyed-hash' },
    { table: 'known_person', column: 'facts_sha256', holds: 'digest' },
    { table: 'api_token', column: 'token_sha256', holds: 'digest' },
  ],
};
