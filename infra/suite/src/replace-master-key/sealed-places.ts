import { domainSyncBytes } from '@inkpost/domain-sync/sealed-places.js';
import { gatewayBytes } from '@inkpost/gateway/sealed-places.js';
import { guestAccountBytes } from '@inkpost/guest-account/sealed-places.js';
import { mailIngestBytes } from '@inkpost/mail-ingest/sealed-places.js';
import { notificationBytes } from '@inkpost/notification/sealed-places.js';
import { printSubmitBytes } from '@inkpost/print-submit/sealed-places.js';
import type { SealedColumn, SealedField, StoredBytes } from '@inkpost/secrets/sealed-place.js';
import { spoolBytes } from '@inkpost/spool/sealed-places.js';

/** All bytes that are stored, by schema. */
export const STORED_BYTES: Readonly<Record<string, StoredBytes>> = {
  mail_ingest: mailIngestBytes,
  guest_account: guestAccountBytes,
  print_submit: printSubmitBytes,
  notification: notificationBytes,
  domain_sync: domainSyncBytes,
  gateway: gatewayBytes,
  spool: spoolBytes,
};

/** A place as statements reach it; the parts are SQL of our own, never of anybody else's. */
export interface SealedPlace {
  /** For people: `mail_ingest.mailbox.sealed_password`. */
  readonly name: string;
  readonly schema: string;
  readonly table: string;
  /** Where the place is in use at all. */
  readonly where: string;
  /** The sealed bytes. */
  readonly sealed: string;
  /** The texts that `context` takes. */
  readonly contextTexts: readonly string[];
  /** The assignment that puts `new.sealed` in their place. */
  readonly assign: string;
  readonly purpose: SealedColumn['purpose'];
  readonly context: (...texts: string[]) => string;
  readonly afterwards: string | undefined;
}

function columnPlace(schema: string, { table, column, key, purpose, context, afterwards }: SealedColumn): SealedPlace {
  return {
    name: `${schema}.${table}.${column}`, schema, table, where: `${column} IS NOT NULL`, sealed: column,
    contextTexts: key.map((name) => `${name}::text`), assign: `${column} = new.sealed`, purpose, context, afterwards,
  };
}

/** In messages that are not handled yet. As protobuf's JSON has bytes: base64, in one line. */
function fieldPlace({ subject, field, contextPaths, context }: SealedField): SealedPlace {
  return {
    name: `${subject} ${field}`, schema: 'flow', table: 'message', where: `subject = '${subject}' AND payload ? '${field}'`, sealed: `decode(payload ->> '${field}', 'base64')`,
    contextTexts: contextPaths.map((path) => `payload #>> '{${path.join(',')}}'`),
    assign: `payload = jsonb_set(payload, '{${field}}', to_jsonb(translate(encode(new.sealed, 'base64'), E'\\n', '')))`, purpose: 'secret', context, afterwards: undefined,
  };
}

export const SEALED_PLACES: readonly SealedPlace[] = Object.entries(STORED_BYTES).flatMap(([schema, { sealed, fields = [] }]) => [
  ...sealed.map((column) => columnPlace(schema, column)),
  ...fields.map(fieldPlace),
]);
