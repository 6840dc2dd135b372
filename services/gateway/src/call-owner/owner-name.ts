import type { ServiceName } from '@inkpost/service/service-variables.js';

/** The services behind the gateway. */
export const OWNER_NAMES = ['mail-ingest', 'acceptance', 'guest-account', 'print-submit', 'notification', 'domain-sync'] as const satisfies readonly ServiceName[];

export type OwnerName = (typeof OWNER_NAMES)[number];
