import type { StoredBytes } from '@inkpost/secrets/sealed-place.js';
import { authorityKeyContext, memberKeyContext, proofContext, sealingKeyContext } from './domain/sealed-keys.js';
import { objectSecretsContext } from './keep-log/object-secrets.js';

export const domainSyncBytes: StoredBytes = {
  sealed: [
    { table: 'domain', column: 'sealed_key', purpose: 'secret', key: ['domain_id'], context: memberKeyContext },
    { table: 'domain', column: 'sealed_sealing_key', purpose: 'secret', key: ['domain_id'], context: sealingKeyContext },
    { table: 'domain', column: 'sealed_authority_key', purpose: 'secret', key: ['domain_id'], context: authorityKeyContext },
    { table: 'admission_proof', column: 'sealed_state', purpose: 'secret', key: ['proof_id'], context: proofContext },
    { table: 'config_log', column: 'sealed_secrets', purpose: 'secret', key: ['kind', 'object_id'], context: objectSecretsContext },
  ],
  unsealed: [{ table: 'admission_ticket', column: 'ticket_sha256', holds: 'digest' }],
};
