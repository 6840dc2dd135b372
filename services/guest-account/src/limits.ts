/** An automatic guest's account ends this long after its last use. */
export const GUEST_VALID_DAYS = 30;

/** A guest's last use is noted at most this often, so that a hundred mails of one sender don't queue up for one row. */
export const USE_NOTED_EVERY_S = 60;

/** How often the owner of a message is looked for anew when another message of the same unknown sender came first. */
export const RESOLVE_TRIES = 5;

export const NAME_LENGTH_MAX = 200;
export const COMPANY_LENGTH_MAX = 200;

/** Guests: what is said of each. */
export const ADDRESSES_OF_GUEST_MAX = 20;
export const ANALYTICAL_CODE_LENGTH_MAX = 100;
export const NOTE_LENGTH_MAX = 500;
export const PIN_LENGTH = { min: 4, max: 12 } as const;
/** A card's number as readers write it, with signs between. */
export const CARD_TEXT_LENGTH_MAX = 200;
export const RELEASE_POINT_LENGTH_MAX = 100;
/** RFC 5321, 4.5.3.1. */
export const ADDRESS_LENGTH_MAX = 320;
/** When whoever asks for a link is answered, whatever it led to. */
export const PIN_REQUEST_ANSWERED_AFTER_MS = 250;
/** How long a link to set a PIN is good, and how long it is known after that. */
export const PIN_LINK_MS = 24 * 3_600_000;
export const PIN_LINK_KEPT_DAYS = 7;
export const CARD_NUMBER_LENGTH = { min: 4, max: 64 } as const;

/** Guests that are changed in one call. */
export const GUESTS_CHANGED_MAX = 20_000;

/** A search looks at so many guests in their order before it goes by the index: 4 ms of work. */
export const FIRST_GUESTS_LOOKED_AT = 2_000;

/** Words of one search. */
export const SEARCH_WORDS_MAX = 8;

/** Guests of one page, and of a page whose size isn't asked for. */
export const PAGE_SIZE_MAX = 200;
export const PAGE_SIZE_DEFAULT = 50;
export const SEARCH_LENGTH_MAX = 200;
/** A guest's place in an order: what it is ordered by, and the login. */
export const CURSOR_LENGTH_MAX = 3_000;

export const ACCOUNT_LENGTH_MAX = 320;
/** SKY-096 says how short a password may be; this, how much is hashed. */
export const PASSWORD_LENGTH_MIN = 8;
export const PASSWORD_LENGTH_MAX = 1_024;

/** Failed attempts to sign in are forgotten this long after the last one. */
export const FAILURES_REMEMBERED_MS = 24 * 3_600_000;

/**
 * Failures that cost nothing, and how long the growing pause after them becomes at most. Of the maintenance account the pause for all is
 * short: it is the last way in. Of others it is longer, since a directory of the organisation may itself lock an account after some wrong
 * passwords, for everything. From where an account has signed in before, the pause for all does not hold.
 */
export const SIGN_IN_PAUSES = {
  pair: { freeFailures: 5, pauseMaxSeconds: 900 },
  source: { freeFailures: 20, pauseMaxSeconds: 900 },
  account: { freeFailures: 10, pauseMaxSeconds: 900 },
  maintenance: { freeFailures: 50, pauseMaxSeconds: 30 },
  // A PIN has few digits: of one account, 24 guesses a day from everywhere together.
  'pin-pair': { freeFailures: 4, pauseMaxSeconds: 3_600 },
  'pin-account': { freeFailures: 9, pauseMaxSeconds: 3_600 },
} as const;
/**
 * What many people share who type PINs: so many wrong ones at once, then one every so many seconds. Everywhere: where the account hasn't been
 * before. Of PINs with four digits some 720 guesses a day find one in two weeks, with six digits one in four years.
 */
export const SHARED_PAUSES = {
  'pin-point': { atOnce: 20, everySeconds: 600 },
  'pin-source': { atOnce: 20, everySeconds: 600 },
  'pin-everywhere': { atOnce: 200, everySeconds: 120 },
  // Links that an address, or whoever asks from a network, is mailed.
  'pin-link': { atOnce: 3, everySeconds: 1_200 },
} as const;
/** Of the library's messages: some 200 and 450 characters. */
export const OPAQUE_MESSAGE_LENGTH_MAX = 2_000;
/** From where an account signed in is remembered this long. */
export const FAMILIAR_DAYS = 60;
/** A refusal is told after this time at the earliest, whatever was found out sooner. */
export const REFUSED_AFTER_MS = 250;
/** Whether somebody may still be signed in is not known where the directory takes longer than this to say. */
export const STANDING_WAIT_MAX_MS = 2_000;
/** Sign-ins that directories are asked for at the same time. A directory that hangs never keeps the maintenance account out. */
export const DIRECTORY_SIGN_INS_MAX = 16;

/** Directories that an installation has, and what is said of each. */
export const DIRECTORIES_MAX = 50;
export const DIRECTORY_NAME_LENGTH_MAX = 64;
export const DESCRIPTION_LENGTH_MAX = 500;
export const ALIASES_MAX = 10;

export const DN_LENGTH_MAX = 1_000;
export const FILTER_LENGTH_MAX = 2_000;
export const ATTRIBUTE_LENGTH_MAX = 100;
export const MAIL_ATTRIBUTES_MAX = 10;
export const TIMEOUT_RANGE_MS = { min: 500, max: 30_000 } as const;
/** Longer, and somebody who left would go on printing for longer than a working day. */
export const CACHE_SECONDS_MAX = 36_000;

/** Of an application in Entra, or at another sign-in server. */
export const CLIENT_ID_LENGTH_MAX = 250;
export const PRIVATE_KEY_LENGTH_MAX = 16_384;
export const RSA_BITS_MIN = 2_048;
/** A token is asked for anew so long before it runs out, or in the middle of a shorter life. */
export const TOKEN_RENEWED_BEFORE_MS = 300_000;
/** A certificate that runs out within this time is told of. */
export const CERTIFICATE_WARNED_BEFORE_DAYS = 30;
/** An answer of Microsoft Graph or Entra ID, and how many pages of one list are read; Graph's own limit for memberships of one page. */
export const GRAPH_ANSWER_BYTES_MAX = 4 * 1024 * 1024;
export const GRAPH_PAGES_MAX = 20;
export const GRAPH_GROUPS_PAGE_SIZE = 999;
/** Users that an address may have: guests of the tenant, who are left out afterwards, must not hide its people. */
export const GRAPH_MATCHES_MAX = 50;
/** How long nothing is sent to Graph where it asks for patience without saying how long, and at least. */
export const GRAPH_PAUSE_UNSAID_MS = 2_000;
export const GRAPH_PAUSE_MIN_MS = 200;
/** Of a server's own words, in a sentence of ours. */
export const SAID_CHARACTERS_MAX = 300;

/** Of a directory in a database. */
export const DATABASE_NAME_LENGTH_MAX = 128;
export const QUERY_LENGTH_MAX = 8_000;
export const COLUMN_LENGTH_MAX = 128;
export const COLUMNS_OF_ADDRESSES_MAX = 10;
/** Rows that one question gives: a person may have several, for addresses and groups. */
export const SQL_ROWS_MAX = 2_000;

/** Connections to the server of one directory, and how long an idle one is kept. */
export const DIRECTORY_CONNECTIONS_MAX = 4;
export const CONNECTION_IDLE_MAX_MS = 60_000;
/** People that an address may have before its search ends: two are one too many already. */
export const MATCHES_MAX = 5;
/** How many entries come in one piece. */
export const LDAP_PAGE_SIZE = 500;
export const LDAP_PEOPLE_COUNTED_MAX = 100_000;
export const ADDRESSES_OF_PERSON_MAX = 100;
export const GROUPS_OF_PERSON_MAX = 1_000;

/** Answers of one directory that are kept; of more the oldest goes. */
export const CACHED_ANSWERS_MAX = 20_000;
/** Groups of a person where a directory is asked for them alone. */
export const GROUPS_KEPT_SECONDS = 300;
/** Groups of an owner that documents bear. */
export const OWNER_GROUPS_MAX = 100;

/** Tests of directories: a whole one, and each of its steps. Less than the gateway waits. */
export const TEST_MAX_MS = 24_000;
export const TEST_STEP_MAX_MS = 8_000;
export const TEST_COUNT_MAX_MS = 15_000;
export const TEST_BUDGET = { perMinuteMax: 30, atOnceMax: 4 } as const;

/** People of a local directory. */
export const LOGIN_LENGTH_MAX = 200;
export const GROUPS_MAX = 100;
export const GROUP_NAME_LENGTH_MAX = 200;
export const IMPORT_LENGTH_MAX = 1_000_000;
export const IMPORT_LINES_MAX = 20_000;
export const IMPORT_LINES_REPORTED_MAX = 1_000;
/** Passwords of one import: hashing one takes 40 ms. */
export const IMPORT_PASSWORDS_MAX = 200;
/** Guests in one part of an export. */
export const EXPORT_PART_SIZE = 5_000;
/** Facts about accounts that are published in one call. */
export const FACTS_AT_ONCE = 200;

/** Security profiles and roles, and what is said of each. */
export const PROFILES_MAX = 100;
export const PROFILE_NAME_LENGTH_MAX = 64;
export const PROFILE_MEMBERS_MAX = 200;
export const ROLE_MEMBERS_MAX = 100;

/** Programs that sign in by a token, and how long one may be good. */
export const API_TOKENS_MAX = 500;
export const API_TOKEN_NAME_LENGTH_MAX = 64;
export const API_TOKEN_DAYS_MAX = 366;
/** A token that ran out is shown this long. */
export const API_TOKEN_KEPT_DAYS = 30;
/** The last use of a token is noted at most this often. */
export const API_TOKEN_USE_NOTED_EVERY_S = 60;

/** Groups that a sign-in server vouches for; of more the first. */
export const VOUCHED_GROUPS_MAX = 1_000;

/** Proofs of one address that are shown. */
export const PROOFS_MAX = 100;
/** How long proofs are kept: the time in which somebody may still ask for damages (French Civil Code, article 2224). */
export const PROOF_KEPT_DAYS = 1_827;
/** Others are told anew of somebody of a directory whose mails go on coming; of who sends none it is forgotten. */
export const PERSON_TOLD_EVERY_DAYS = 30;
export const PERSON_KEPT_DAYS = 90;
export const FORGET_EVERY_MS = 3_600_000;

/** The organisation's sign-in server: what is said of it, how long it may take, and what it needs not more than. */
export const SIGN_ON_NAME_LENGTH_MAX = 64;
export const ISSUER_LENGTH_MAX = 500;
export const CLIENT_SECRET_LENGTH_MAX = 1_000;
export const SCOPES_MAX = 20;
export const CLAIM_LENGTH_MAX = 100;
export const SIGN_ON_ANSWER_MAX_MS = 8_000;
export const SIGN_ON_ANSWER_BYTES_MAX = 1024 * 1024;
export const SIGN_ON_CONNECTIONS_MAX = 16;
/** Its metadata and keys are read anew after so long. */
export const SIGN_ON_METADATA_KEPT_MS = 600_000;
/** From the button to the way back. */
export const SIGN_ON_ATTEMPT_MS = 600_000;
export const RETURN_TO_LENGTH_MAX = 500;
export const SIGN_ON_QUERY_LENGTH_MAX = 16_384;

/** How long an unknown sender waits to be let in (SKY-071); a link holds as long. */
export const WAITING_HOURS = 72;
/** The documents' claims outlast the wait by this, and begin anew once the sender is let in: then as at the mail's arrival. */
export const CLAIM_MARGIN_HOURS = 24;
export const CLAIM_DAYS = 30;
/** Mails of one waiting sender, and senders who wait: of more the mail is refused. */
export const WAITING_MESSAGES_MAX = 20;
export const WAITING_SENDERS_MAX = 10_000;
/** A mail that comes before the account is made of a sender who was just let in asks nobody again. */
export const APPROVAL_HOLDS_MINUTES = 10;
/** How often it is looked for those who waited in vain, how many of them at once, and how long a link is known after its end. */
export const EXPIRE_EVERY_MS = 30_000;
export const EXPIRE_BATCH = 100;
export const ANSWERED_KEPT_DAYS = 1;

/** The server used for user management: one request, the way to it included. */
export const SERVER_CALL_MAX_MS = 5_000;
/** How often it is looked anew whether there is a guest whom another server wants to add, when one was made meanwhile. */
export const ADD_TRIES = 3;
