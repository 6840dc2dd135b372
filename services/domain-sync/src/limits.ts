/** A server's name, as shown in lists and to other servers. */
export const SERVER_NAME_LENGTH_MAX = 64;

/** Rows among which one day's total of one queue is spread, so that jobs recorded at the same time don't wait for each other. */
export const TOTAL_SLOTS = 8;
