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
/** A server that is down is asked again after growing pauses. Until then nobody waits for it to be silent once more. */
export const DOWN_PAUSE_MIN_MS = 1_000;
export const DOWN_PAUSE_MAX_MS = 30_000;
/** Another installation: its longest answer, connections to it, and how long one is kept idle, which is less than the other side keeps it. */
export const SERVER_ANSWER_BYTES_MAX = 65_536;
export const SERVER_CONNECTIONS_MAX = 8;
export const SERVER_IDLE_CONNECTION_MS = 50_000;
/** Who looks at the status of a server sees how it was at most so long ago, and waits so long for a new look. */
export const SERVER_STATUS_AGE_MAX_MS = 5_000;
export const SERVER_STATUS_WAIT_MS = 4_000;
export const HOST_LENGTH_MAX = 253;
export const CERTIFICATE_LENGTH_MAX = 65_536;
/** A refused account is not tried again by itself for so long: the server would lock it out. */
export const SERVER_REFUSED_PAUSE_MS = 60_000;
/** Rights are effective at the next sign-in: where one is missing, it is signed in anew, at most this often. */
export const SERVER_SIGN_IN_EVERY_MS = 3_000;
