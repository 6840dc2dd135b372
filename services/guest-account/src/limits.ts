/** An automatic guest's account ends this long after its last use. */
export const GUEST_VALID_DAYS = 30;

/** A guest's last use is noted at most this often, so that a hundred mails of one sender don't queue up for one row. */
export const USE_NOTED_EVERY_S = 60;

/** How often the owner of a message is looked for anew when another message of the same unknown sender came first. */
export const RESOLVE_TRIES = 5;

export const NAME_LENGTH_MAX = 200;
export const COMPANY_LENGTH_MAX = 200;

/** Guests of one page, and of a page whose size isn't asked for. */
export const PAGE_SIZE_MAX = 200;
export const PAGE_SIZE_DEFAULT = 50;
export const SEARCH_LENGTH_MAX = 200;
export const CURSOR_LENGTH_MAX = 500;

export const ACCOUNT_LENGTH_MAX = 320;
/** SKY-096 says how short a password may be; this, how much is hashed. */
export const PASSWORD_LENGTH_MIN = 8;
export const PASSWORD_LENGTH_MAX = 1_024;

/** Failed attempts to sign in are forgotten this long after the last one. */
export const FAILURES_REMEMBERED_MS = 24 * 3_600_000;

/**
 * Failures that cost nothing, and how long the growing pause after them becomes at most. The account's own is short: somebody who guesses
 * from everywhere must not keep the administrator out.
 */
export const SIGN_IN_PAUSES = {
  pair: { freeFailures: 5, pauseMaxSeconds: 900 },
  source: { freeFailures: 20, pauseMaxSeconds: 900 },
  account: { freeFailures: 50, pauseMaxSeconds: 30 },
} as const;
