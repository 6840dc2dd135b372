/** Bounds of everything that comes from outside. Sizes in bytes, times in ms. */

/** A mail as it is transferred (architecture.md, Defaults). */
export const MAIL_BYTES_MAX = 50 * 1024 * 1024;
/** Of a long mail that has passed through: its memory is given back then. */
export const DROPPED_BYTES_MAX = 2 * 1024 * 1024;
/** Documents taken from one mail; further ones are refused one by one. */
export const DOCUMENTS_MAX = 20;
/** Refused parts told to the sender; further ones are only counted. */
export const REFUSED_PARTS_MAX = 200;
/** Parts of a mail that are looked at; what follows is not read. */
export const PARTS_MAX = 1_000;
/** Levels of multipart and attached messages inside each other. */
export const NESTING_MAX = 20;
/** Attributes, properties and values in a TNEF stream; what follows is not read. */
export const TNEF_ITEMS_MAX = 20_000;
/** Pieces that an opaque-signed mail is cut into; what follows is not read. */
export const SIGNED_PIECES_MAX = 200_000;
/** Header of one part; what goes beyond is skipped. */
export const HEADER_BYTES_MAX = 256 * 1024;
/** One header field that is decoded. */
export const FIELD_CHARACTERS_MAX = 8_192;
/** Of one field; a long name comes in several (RFC 2231, 3). */
export const PARAMETERS_MAX = 100;
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
/** In UTF-8: what file systems and IPP's document-name take (RFC 8011, 5.1.3). */
export const FILE_NAME_BYTES_MAX = 255;

/** How long the next service may take to fetch a document before it is erased. */
export const CLAIM_DAYS = 30;

/** Mails fetched with one command. */
export const FETCH_WINDOW = 50;
/** Of a mail, what is fetched at once; a longer one is fetched in pieces, after the others. */
export const FETCH_PIECE_BYTES = 4 * 1024 * 1024;
/** The pieces of a longer one by IMAP: each is in memory three times before it is handed on. */
export const LONG_PIECE_BYTES = 1024 * 1024;
/** Mailboxes of one server whose mails are fetched side by side. Bounds the memory when hundreds of them have mails at once. */
export const FETCHED_AT_ONCE_MAX = 12;
/** Mails of one mailbox taken in side by side: their writes to the disk overlap. */
export const INTAKE_CONCURRENCY = 8;
/** A watched folder is compared with the ledger anew, for what was missed or failed. */
export const RECONCILE_EVERY_MS = 300_000;
/** A server that doesn't announce mails is asked for them. */
export const FOLDER_POLLED_EVERY_MS = 10_000;
/** The patience with mail servers. */
export const SERVER_TIMES = {
  connectMaxMs: 20_000,
  greetingMaxMs: 15_000,
  /** How long a server may be silent that is asked. */
  silenceMaxMs: 45_000,
  /** The same by IMAP, where the client breaks an IDLE that was silent for so long: it is checked earlier. */
  imapSilenceMaxMs: 75_000,
  /** A watched folder is asked for about so often, whatever IDLE says: whether connection and folder are still there, and nothing came unheard. */
  checkedEveryMs: 60_000,
  /** How long such an answer may take. Together they bound how long a dead connection goes unnoticed: 96 s. */
  checkAnsweredMaxMs: 30_000,
  polledEveryMs: FOLDER_POLLED_EVERY_MS,
  /** By POP3 every look is a sign-in, which servers count. */
  signedInEveryMs: 30_000,
  farewellMaxMs: 500,
} as const;
export type ServerTimes = Readonly<Record<keyof typeof SERVER_TIMES, number>>;

/** A line of a POP3 server's answer: RFC 1939 allows 512 octets. */
export const POP3_LINE_BYTES_MAX = 4_096;
/** Mails of one POP3 mailbox. */
export const POP3_MAILS_MAX = 500_000;
/** All that a server says to list them: a number and a key of at most 70 characters each (RFC 1939, 7). */
export const POP3_LIST_BYTES_MAX = 48 * 1024 * 1024;
/** What a server says that it can. */
export const POP3_CAPABILITIES_BYTES_MAX = 64 * 1024;

/** Mailboxes of one server that are opened at a time. */
export const OPENED_AT_ONCE_MAX = 30;
/** After somebody signed in with it, a password is taken for good by all mailboxes of the account. */
export const LOGIN_TRUSTED_MS = 60_000;

/** How long a replica watches a mailbox without renewing its lease. */
export const LEASE_MS = 15_000;
export const LEASE_RENEWED_BEFORE_MS = 8_000;
/** How soon a replica notices what another one changed. */
export const WATCH_POLL_MS = 1_500;
/** What changes within such a while is told together. */
export const WATCH_ROUNDS_APART_MS = 100;

export const SMTP_CLIENTS_MAX = 100;
/** Of one address, unless it is a trusted relay's: nobody keeps all others out. */
export const SMTP_CLIENTS_OF_ONE_ADDRESS_MAX = SMTP_CLIENTS_MAX / 2;
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
/** What a server may say before it is in TLS. */
export const GREETING_BYTES_MAX = 8_192;

/** A canary that takes longer is late; one that takes longer still is lost. Greylisting alone takes some minutes (RFC 6647, 5). */
export const CANARY_LATE_AFTER_MS = 120_000;
export const CANARY_LOST_AFTER_MS = 1_800_000;
/** How long a canary says something about its mailbox. */
export const CANARY_TELLS_FOR_MS = 86_400_000;
/** How soon after one canary of a mailbox another may be asked for. */
export const CANARY_PAUSE_MS = 10_000;
export const CANARY_MINUTES_MIN = 5;
export const CANARY_MINUTES_MAX = 1_440;
/** Canaries of a mailbox that are remembered. */
export const CANARIES_KEPT_MAX = 50;
/** How often it is looked whether a canary is due, or overdue. */
export const CANARY_LOOK_EVERY_MS = 10_000;
export const CANARY_ANSWER_CHARACTERS_MAX = 300;

/** A traced conversation: how long it is traced, and what is kept of it, for each mailbox. */
export const TRACE_MINUTES_DEFAULT = 30;
export const TRACE_MINUTES_MAX = 1_440;
export const TRACE_BYTES_MAX = 4 * 1024 * 1024;
export const TRACE_LINE_CHARACTERS_MAX = 1_000;
export const TRACE_KEPT_DAYS = 7;
export const TRACE_FORGOTTEN_EVERY_MS = 3_600_000;
/** Of an SMTP conversation, the lines before its recipient is known. */
export const TRACE_SMTP_LINES_MAX = 50;
/** Lines wait so long to be written together, and so many of them. */
export const TRACE_FLUSH_MS = 500;
export const TRACE_WAITING_BYTES_MAX = 256 * 1024;

/** How long a token is used without asking whether there is a newer one. */
export const GRAPH_TOKEN_KEPT_MS = 60_000;
/** Requests for one mailbox at a time; Graph allows an application four ("Outlook service limits"), a test of the mailbox among them. */
export const GRAPH_REQUESTS_AT_ONCE = 3;
/** A pause that Graph wants is waited for so long within a request; a longer one is a state of the mailbox. */
export const GRAPH_PATIENCE_MAX_MS = 5_000;
/** How often a request is sent that Graph has no time for. */
export const GRAPH_TRIES_MAX = 4;
/** An answer that isn't a mail. */
export const GRAPH_JSON_BYTES_MAX = 8 * 1024 * 1024;
/** Mails that one page of a folder's changes tells. */
export const GRAPH_PAGE_MAILS = 200;
/** Pages of 100 folders within one folder. */
export const GRAPH_FOLDER_PAGES_MAX = 100;
/** A folder where nothing happens: how old the stored link to its changes may become. */
export const GRAPH_LINK_STORED_EVERY_MS = 600_000;

/** Entra and Google: how long an answer may take and be, and how long what they publish about themselves holds. */
export const AUTHORITY_ANSWER_MAX_MS = 10_000;
export const AUTHORITY_ANSWER_BYTES_MAX = 1024 * 1024;
export const AUTHORITY_METADATA_KEPT_MS = 3_600_000;
/** To one authority at a time: a thousand mailboxes may want tokens at once. */
export const AUTHORITY_CONNECTIONS_MAX = 32;
/** An access token is refreshed this long before it ends, or a tenth of its life, whichever is shorter. */
export const ACCESS_TOKEN_MARGIN_MS = 300_000;
/** Nobody else asks an authority for the same meanwhile: longer than it may take to answer, first about itself. */
export const AUTHORITY_LEASE_MS = 30_000;
/** How soon another replica's refresh is looked for. */
export const REFRESH_LOOK_EVERY_MS = 150;
/** A new refresh token is tried to be stored for so long when the database is away, and at a stop for so long. */
export const REFRESH_STORE_MAX_MS = 120_000;
export const REFRESH_STOP_MAX_MS = 3_000;
/** Nobody else refreshes a mailbox's tokens until the new refresh token is stored: the old one, used again, would end the grant. */
export const REFRESH_LEASE_MS = AUTHORITY_LEASE_MS + REFRESH_STORE_MAX_MS;
/** From the beginning of an association to its end in a browser. */
export const ASSOCIATION_MINUTES = 10;
/** How often it is asked whether a device code was confirmed, where the authority doesn't say (RFC 8628, 3.5). */
export const DEVICE_POLL_SECONDS = 5;
/** How soon a replica notices a device code that another one began, and left. */
export const DEVICE_POLL_IDLE_MS = 60_000;
export const DEVICE_POLL_BATCH = 20;
/** A callback's query. */
export const CALLBACK_CHARACTERS_MAX = 16_384;
/** What will run out is looked at so often, and logged so often. */
export const EXPIRY_WATCHED_EVERY_MS = 3_600_000;
export const EXPIRY_LOGGED_EVERY_MS = 86_400_000;

/** DNS for the authentication of senders: one try, tries, and all that is asked for one mail. */
export const DNS_TIMEOUT_MS = 1_000;
export const DNS_TRIES = 2;
export const AUTHENTICATION_DNS_MAX_MS = 5_000;
/** How long an answer is kept, and that there was none in time; of how many names. */
export const DNS_KEPT_MS = 60_000;
export const DNS_FAILURE_KEPT_MS = 2_000;
export const DNS_CACHED_MAX = 2_000;
/** DKIM signatures of one mail: more are only work for others. */
export const AUTHENTICATION_SIGNATURES_MAX = 10;
/** Lines that end without CR, which SMTP forbids (RFC 5321, 2.3.8). */
export const AUTHENTICATION_BARE_LINES_MAX = 50_000;
/** How old the copy of acceptance's settings in memory may be. */
export const AUTHENTICATION_SETTINGS_AGE_MAX_MS = 1_000;

/** A mail that an administrator uploads to try rules with it. */
export const UPLOADED_MAIL_BYTES_MAX = 512 * 1024;

/** A document that a program hands in, and what is said of it. */
export const TITLE_CHARACTERS_MAX = 150;
export const IDEMPOTENCY_KEY_CHARACTERS_MAX = 200;
export const SUBMISSIONS_ASKED_MAX = 100;
/** Documents of one program that come in side by side: each takes some memory. Others wait, so long at most. */
export const SUBMISSIONS_AT_ONCE_MAX = 12;
export const SUBMISSION_WAIT_MAX_MS = 30_000;
/** How long a program can ask what became of it, and its key is known. */
export const SUBMISSION_DAYS = 90;
