/** A server's name, as shown in lists and to other servers. */
export const SERVER_NAME_LENGTH_MAX = 64;

/** Facts that are added up in one statement, and how often it is looked for new ones. */
export const ROLL_UP_AT_ONCE = 2_000;
export const ROLL_UP_EVERY_MS = 5_000;

/** Rows of a report. */
export const TOTALS_LISTED_DEFAULT = 100;
export const TOTALS_LISTED_MAX = 1_000;
export const PRINTS_LISTED_MAX = 1_000;

/** A call of another server, if the call itself doesn't say otherwise. */
export const DSP_CALL_MS = 30_000;
/** As much as a control listener takes. */
export const DSP_RESPONSE_BYTES_MAX = 8 * 1024 * 1024;
export const DSP_SOCKETS_PER_SERVER = 8;
/** How long a server's own certificate is used without looking for a newer one. */
export const IDENTITY_HOLDS_MS = 30_000;

/** A call of an owner on this server. */
export const OWNER_CALL_MS = 20_000;
