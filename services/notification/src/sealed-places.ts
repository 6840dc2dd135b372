import type { StoredBytes } from '@inkpost/secrets/sealed-place.js';
import { outgoingPasswordContext } from './outgoing-mail/outgoing-mail.store.js';

export const notificationBytes: StoredBytes = {
  sealed: [{ table: 'outgoing_mail', column: 'sealed_password', purpose: 'secret', key: ['id'], context: () => outgoingPasswordContext }],
  unsealed: [],
};
