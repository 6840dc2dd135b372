import type { StoredBytes } from '@inkpost/secrets/sealed-place.js';
import { pukContext } from './hold-job/puk.js';
import { SENDING_PASSWORD_CONTEXT } from './sending-server/sending-settings.js';

export const printSubmitBytes: StoredBytes = {
  sealed: [
    {
      table: 'sending_server', column: 'sealed_password', purpose: 'secret', key: ['only_row'], context: () => SENDING_PASSWORD_CONTEXT,
      // Connections were opened with what was read with the revision.
      afterwards: 'UPDATE sending_revision SET revision = revision + 1',
    },
  ],
  unsealed: [{ table: 'puk', column: 'code_hash', holds: 'keyed-hash' }],
  fields: (['print.job-held.v1', 'print.code-requested.v1'] as const).map((subject) => ({ subject, field: 'sealedPuk', contextPaths: [['messageId'], ['owner', 'address']], context: pukContext })),
};
