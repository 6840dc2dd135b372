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
/** A connection that does not come about is given up: the next try is a new one at once, where this one's attempts would be further and further apart. */
export const DSP_CONNECT_MS = 10_000;
/** How long a server's own certificate is used without looking for a newer one. */
export const IDENTITY_HOLDS_MS = 30_000;

/** A call of an owner on this server. */
export const OWNER_CALL_MS = 20_000;
/** Reading one object while the log waits for it. */
export const READ_OBJECT_MS = 5_000;

/** An order: the body of an object and its secrets. What is larger is not sent, and told to the administrator. */
export const ORDER_BYTES_MAX = 4 * 1024 * 1024;
/** Orders of one message; it fits into what a listener takes with the largest order. */
export const ORDERS_AT_ONCE = 500;
export const ORDERS_BYTES_AT_ONCE = 512 * 1024;
/** The slowest line that a server may have: 64 kbit/s. */
export const LINE_BYTES_PER_SECOND_MIN = 8_000;
/** A slave whose call took too long has so many times the time for the next at most: what it is given may be large and its line slow. */
export const PATIENCE_MAX = 16;

/** Facts, owners and days in one message between servers. */
export const FACTS_DELIVERED_MAX = 1_000;
export const OWNERS_DELIVERED_MAX = 1_000;
export const DAYS_COMPARED_MAX = 20_000;

/** What another server may say of one print: far more than any printer puts on paper for one job. */
export const FACT = {
  textMax: 1_000, pagesMax: 1_000_000, copiesMax: 100_000, impressionsMax: 10_000_000, sheetsMax: 10_000_000, priceMax: 1_000_000_000,
  /** The oldest that a print can be. */
  since: new Date('2000-01-01T00:00:00Z'),
  /** Clocks of members may be so much ahead. */
  aheadMs: 24 * 3_600_000,
} as const;

/** How often a slave looks whether its facts are due, and how long it waits after a failure: each time twice as long, with as much again at random. */
export const DELIVERY_LOOK_MS = 5_000;
export const DELIVERY_RETRY_MS = 15_000;
export const DELIVERY_RETRY_MS_MAX = 600_000;
/** Days are compared so often. */
export const COMPARE_EVERY_MS = 24 * 3_600_000;
/** Days that are sent again after one comparison. */
export const DAYS_REPEATED_MAX = 100;
/** What is kept of a slave's words: orders that it could not apply, and objects of its own that stepped aside. */
export const UNAPPLIED_TOLD_MAX = 50;
export const RENAMED_TOLD_MAX = 50;
/** A mail about such an object that could not be sent is tried again. */
export const MAIL_RENAMED_AGAIN_MS = 300_000;
/** Objects that a slave says that it has: far more than a domain shares, and as many as fit into a message. */
export const INVENTORY_OBJECTS_MAX = 50_000;

/** How often it is looked whether the domain or its log is otherwise than this process knows: it mostly knows at once. */
export const DOMAIN_LOOK_MS = 2_000;
/** The master's word to a slave that it has nothing to say to, in bidirectional mode. */
export const HEARTBEAT_MS = 60_000;
/** A slave that has heard nothing for so long asks by itself, whatever the mode: perhaps it is not reached, or the mode is another one. */
export const SILENCE_MS = 3 * HEARTBEAT_MS;
/** In mailbox mode, members that can have been the master and have said nothing for so long since this one is it are called by it. */
export const UNHEARD_MS = 60_000;
/** Slaves that are told something at the same time. */
export const PUSHES_AT_ONCE = 128;
/** A slave that differs is compared object by object at most so often, unless there is more to send. */
export const COMPARE_AGAIN_MS = 60_000;
/** A slave's answer waits so long for its owners to apply what it was given. */
export const APPLY_WAIT_MS = 15_000;
/** What an owner refused is tried again. */
export const REFUSED_AGAIN_MS = 15_000;
/** The longest that a master keeps a call of a slave. */
export const HOLD_MS_MAX = 2 * 3_600_000;
/** How the master notes how its slaves stand: all of them in one statement. */
export const NOTE_PROGRESS_MS = 1_000;
/** How often slaves may be told to deliver their statistics. */
export const STATISTICS_EVERY_SECONDS_MIN = 10;
export const STATISTICS_EVERY_SECONDS_MAX = 7 * 86_400;
/** Differing days and reasons of refusals that are shown of each server. */
export const DELIVERY_DETAILS_MAX = 31;

/** Of the authority that signs a domain's certificates. */
export const AUTHORITY_DAYS = 7_300;
/** Of a member's certificate, and how long before its end it gets a new one. */
export const MEMBER_CERTIFICATE_DAYS = 90;
export const MEMBER_CERTIFICATE_RENEW_DAYS = 30;
/** A member that shows a certificate which is not known has the master asked so often at most. */
export const UNKNOWN_CERTIFICATE_ASK_MS = 10_000;
/** What an administrator writes about a domain or a server. */
export const DOMAIN_TEXT_LENGTH_MAX = 1_000;
export const SERVER_TAGS_MAX = 20;
export const SERVER_TAG_LENGTH_MAX = 50;
/** Leave to join holds for so long, and once. */
export const TICKET_MS = 600_000;
/** From the first half of a proof to the second. */
export const PROOF_MS = 60_000;
/** A slave asks its master for what changed so often, and up to so much later at random: how it does, replication says each minute, and the master says at once that something changed. A thousand such calls, each on a connection of its own, are what a master at rest has to do. */
export const REPORT_EVERY_MS = 1_800_000;
export const REPORT_JITTER_MS = 600_000;
/** After a call that failed: the master may be back, or another one be it. */
export const REPORT_AGAIN_MS = 120_000;
/** All slaves that ask within this time what changed in the domain are told the same. */
export const MEMBERSHIP_HOLDS_MS = 5_000;
/** Whom a server asks who is master, where the one it knows doesn't answer. */
export const OTHERS_ASKED = 3;
/** Calls of which little depends. */
export const SHORT_CALL_MS = 5_000;
export const HOST_LENGTH_MAX = 253;
export const PASSWORD_LENGTH_MAX = 1_024;

/** How often it is looked whether the owners of objects have to be told something. */
export const KEEP_OBJECTS_EVERY_MS = 15_000;

/** Versions of an object that are shown, and fields of one that changed. */
export const HISTORY_SHOWN_MAX = 100;
export const CHANGES_SHOWN_MAX = 200;
/** What the log keeps: of each object its last entry, and before it as many versions as its history shows; of those that were replaced so long ago the last few, and none of what is gone. */
export const LOG_VERSIONS_MAX = HISTORY_SHOWN_MAX + 1;
export const LOG_OLD_VERSIONS_MAX = 10;
export const LOG_DAYS = 400;
export const LOG_TRIM_EVERY_MS = 6 * 3_600_000;
/** Entries that go in one statement. */
export const LOG_TRIM_AT_ONCE = 5_000;
/** Slaves that are asked what they would make of an object. */
export const REHEARSAL_MS = 15_000;
/** What mailbox mode may be set to, in seconds. */
export const WAIT_SECONDS_MAX = 3_600;
export const OPERATIONS_PER_MINUTE_MAX = 1_000_000;
export const TRANSFER_DELAY_SECONDS_MAX = 86_400;
/** Server maintenance: 5 minutes to 31 days. */
export const MAINTENANCE_MINUTES_MIN = 5;
export const MAINTENANCE_MINUTES_MAX = 44_640;
export const MAINTENANCE_LOOK_MS = 10_000;
/** How long who is master is said in calls without looking again. */
export const SUCCESSION_HOLDS_MS = 1_000;
/** How long a slave that is to be the master is given to come to what the master has. */
export const CATCH_UP_MS = 10_000;
export const CATCH_UP_LOOK_MS = 100;
/** While the master's place is handed over nothing is recorded: longer than that takes, should this process end meanwhile. */
export const HOLD_CHANGES_MS = 90_000;
/** A hand-over that found something new begins anew so often. */
export const HAND_OVER_TRIES = 3;
