/** Bounds of everything that comes from outside. Sizes in bytes, times in ms. */

/** A mail as it is transferred (architecture.md, Defaults). */
export const MAIL_BYTES_MAX = 50 * 1024 * 1024;
/** Documents taken from one mail; further ones are refused one by one. */
export const DOCUMENTS_MAX = 20;
/** Refused parts told to the sender; further ones are only counted. */
export const REFUSED_PARTS_MAX = 200;
/** Parts of a mail that are looked at; what follows is not read. */
export const PARTS_MAX = 1_000;
/** Levels of multipart and attached messages inside each other. */
export const NESTING_MAX = 20;
/** Header of one part; what goes beyond is skipped. */
export const HEADER_BYTES_MAX = 256 * 1024;
/** One header field that is decoded. */
export const FIELD_CHARACTERS_MAX = 8_192;
/** RFC 2046, 5.1.1 allows 70 characters; some senders write more. */
export const BOUNDARY_CHARACTERS_MAX = 250;
/** Where a PDF's signature may stand (ISO 32000-1, Annex H, implementation note 13). */
export const SIGNATURE_WITHIN_BYTES = 1_024;
/** Silently ignored parts that the journey lists. */
export const IGNORED_PARTS_LISTED_MAX = 50;

export const SUBJECT_CHARACTERS_MAX = 500;
export const MESSAGE_ID_CHARACTERS_MAX = 500;
export const NAME_CHARACTERS_MAX = 200;
export const FILE_NAME_CHARACTERS_MAX = 150;

/** How long the next service may take to fetch a document before it is erased. */
export const CLAIM_DAYS = 30;

/** Mails fetched with one command. */
export const FETCH_WINDOW = 50;
/** Of a mail, what is fetched at once; a longer one is fetched in pieces, after the others. */
export const FETCH_PIECE_BYTES = 4 * 1024 * 1024;
/** Mails of one mailbox taken in side by side: their writes to the disk overlap. */
export const INTAKE_CONCURRENCY = 8;
/** A watched folder is compared with the ledger anew, for what was missed or failed. */
export const RECONCILE_EVERY_MS = 300_000;
/** A watched folder is asked for, whatever IDLE says: whether connection and folder are still there, and nothing came unheard. */
export const FOLDER_CHECKED_EVERY_MS = 30_000;
/** The same on a server without IDLE. */
export const FOLDER_POLLED_EVERY_MS = 10_000;
/** How long a server may be silent that is asked. Together with the check it bounds how long a dead connection goes unnoticed: 75 s. */
export const IMAP_SILENCE_MAX_MS = 45_000;
export const IMAP_CONNECT_MAX_MS = 20_000;
export const IMAP_GREETING_MAX_MS = 15_000;
export const IMAP_LOGOUT_MAX_MS = 500;

/** How long a replica watches a mailbox without renewing its lease. */
export const LEASE_MS = 15_000;
export const LEASE_RENEWED_BEFORE_MS = 8_000;
/** How soon a replica notices what another one changed. */
export const WATCH_POLL_MS = 1_500;

export const SMTP_CLIENTS_MAX = 100;
export const SMTP_RECIPIENTS_MAX = 100;
export const SMTP_SILENCE_MAX_MS = 60_000;
export const SMTP_CLOSE_MAX_MS = 1_000;

export const SWEEP_EVERY_MS = 600_000;
/** The ledger forgets a mail that is in no watched folder any more. */
export const LEDGER_DAYS = 400;
export const LEDGER_PURGE_MAX = 10_000;

/** Settings of a mailbox, in characters. */
export const QUEUE_ID_CHARACTERS_MAX = 200;
export const FOLDER_CHARACTERS_MAX = 250;
export const USER_CHARACTERS_MAX = 320;
export const PASSWORD_CHARACTERS_MAX = 1_000;
export const CERTIFICATE_CHARACTERS_MAX = 65_536;
export const CLIENT_ID_CHARACTERS_MAX = 250;
export const CLIENT_SECRET_CHARACTERS_MAX = 1_000;

/** How long before a secret or a grant runs out an administrator is warned. */
export const EXPIRY_WARNED_BEFORE_DAYS = 30;

/** A test of a mailbox: how long it takes at most, in all and step by step. */
export const TEST_MAX_MS = 30_000;
export const TEST_LOOKUP_MAX_MS = 5_000;
export const TEST_CONNECT_MAX_MS = 8_000;
export const TEST_TLS_MAX_MS = 8_000;
export const TEST_TOKEN_MAX_MS = 12_000;
export const TEST_LOGIN_MAX_MS = 15_000;
/** Tests of one administrator within a minute, and tests of all of them at once in one replica. */
export const TESTS_PER_MINUTE_MAX = 10;
export const TESTS_AT_ONCE_MAX = 4;
/** Addresses of a server that a test tries. */
export const ADDRESSES_TRIED_MAX = 4;
/** What a server may say before it is in TLS. */
export const GREETING_BYTES_MAX = 8_192;
/** Names of a certificate that are shown, and characters of each. */
export const CERTIFICATE_NAMES_SHOWN_MAX = 5;
export const CERTIFICATE_TEXT_SHOWN_MAX = 100;
/** How long before the end of a mail server's certificate a test warns of it. */
export const CERTIFICATE_WARNED_BEFORE_DAYS = 30;

/** A canary that takes longer is late; one that takes longer still is lost. Greylisting alone takes some minutes (RFC 6647, 5). */
export const CANARY_LATE_AFTER_MS = 120_000;
export const CANARY_LOST_AFTER_MS = 1_800_000;
/** How soon after one canary of a mailbox another may be asked for. */
export const CANARY_PAUSE_MS = 10_000;
export const CANARY_MINUTES_MIN = 5;
export const CANARY_MINUTES_MAX = 1_440;
/** Canaries of a mailbox that are remembered, and for how long. */
export const CANARIES_KEPT_MAX = 50;
export const CANARY_KEPT_DAYS = 30;
/** How often it is looked whether a canary is due, or overdue. */
export const CANARY_LOOK_EVERY_MS = 10_000;
export const CANARY_ANSWER_CHARACTERS_MAX = 300;

/** A traced conversation: how long it is traced, and what is kept of it, for each mailbox. */
export const TRACE_MINUTES_DEFAULT = 30;
export const TRACE_MINUTES_MAX = 1_440;
export const TRACE_BYTES_MAX = 4 * 1024 * 1024;
export const TRACE_LINE_CHARACTERS_MAX = 1_000;
export const TRACE_KEPT_DAYS = 7;
/** Lines wait so long to be written together, and so many of them. */
export const TRACE_FLUSH_MS = 500;
export const TRACE_WAITING_BYTES_MAX = 256 * 1024;
