import type { StoredBytes } from '@inkpost/secrets/sealed-place.js';
import { accessTokenContext, refreshTokenContext } from './associate-mailbox/association.store.js';
import { proofContext } from './associate-mailbox/attempts.store.js';
import { googleSecretContext } from './associate-mailbox/google-client.store.js';
import { clientSecretContext, passwordContext } from './mailboxes/mailbox.js';

export const mailIngestBytes: StoredBytes = {
  sealed: [
    { table: 'mailbox', column: 'sealed_password', purpose: 'secret', key: ['id'], context: passwordContext },
    { table: 'mailbox', column: 'sealed_client_secret', purpose: 'secret', key: ['id'], context: clientSecretContext },
    { table: 'association', column: 'sealed_refresh_token', purpose: 'secret', key: ['mailbox_id'], context: refreshTokenContext },
    { table: 'association', column: 'sealed_access_token', purpose: 'secret', key: ['mailbox_id'], context: accessTokenContext },
    { table: 'association_attempt', column: 'sealed_proof', purpose: 'secret', key: ['id'], context: proofContext },
    { table: 'google_client', column: 'sealed_secret', purpose: 'secret', key: ['only_one'], context: () => googleSecretContext },
  ],
  unsealed: [
    { table: 'ledger', column: 'sha256', holds: 'digest' },
    { table: 'association_attempt', column: 'state_sha256', holds: 'digest' },
    { table: 'association_attempt', column: 'browser_sha256', holds: 'digest' },
    { table: 'submission', column: 'fingerprint', holds: 'keyed-hash' },
  ],
};
