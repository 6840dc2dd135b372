/** Addresses of one name that are tried. */
export const ADDRESSES_TRIED_MAX = 4;

export const CERTIFICATE_NAMES_SHOWN_MAX = 5;
export const TEXT_SHOWN_MAX = 100;
/** What a step says; servers are quoted in it. */
export const FINDING_CHARACTERS_MAX = 1_000;
/** A certificate that runs out within this time is told of. */
export const CERTIFICATE_WARNED_BEFORE_DAYS = 30;
/** Certificate authorities that are kept ready, and how long an HTTPS connection is kept that nobody uses. */
export const AUTHORITIES_KEPT_MAX = 100;
export const IDLE_CONNECTION_MS = 90_000;
