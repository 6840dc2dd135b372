/** Refusals to one address within an hour, and questions whether it sent a mail; codes are not counted. */
export const NOTICES_PER_HOUR_MAX = 3;
/** How many unknown senders one sponsor is asked about within an hour. */
export const SPONSOR_REQUESTS_PER_HOUR_MAX = 30;

/** A part of a mail's text that others wrote: a file name, a subject, a status text. */
export const FOREIGN_TEXT_LENGTH_MAX = 120;
/** Documents, or parts that are not printed, named in one mail; of the others their number. */
export const LISTED_ITEMS_MAX = 30;

/** Templates of mails, and whom they go to. */
export const TEMPLATE_LINE_LENGTH_MAX = 200;
export const TEMPLATE_TEXT_LENGTH_MAX = 5_000;
export const TARGETS_MAX = 10;

/** What is kept of a mail server's answer. */
export const ANSWER_LENGTH_MAX = 300;

/** How long a service may send by its copy of the settings before it asks whether they were changed elsewhere. */
export const SETTINGS_AGE_MAX_MS = 1_000;

export const HOST_LENGTH_MAX = 253;
export const USER_LENGTH_MAX = 320;
export const PASSWORD_LENGTH_MAX = 1_024;
export const FROM_NAME_LENGTH_MAX = 100;
export const CERTIFICATE_AUTHORITY_LENGTH_MAX = 65_536;

/** Connections to the mail server, and how long it may take. */
export const SMTP_CONNECTIONS_MAX = 5;
export const SMTP_MAILS_PER_CONNECTION_MAX = 100;
export const SMTP_CONNECT_TIMEOUT_MS = 10_000;
/** A server may examine a mail before it answers (RFC 5321, 4.5.3.2.6 allows it ten minutes); to give up early means to send twice. */
export const SMTP_SILENCE_TIMEOUT_MS = 60_000;
/** The administrator waits for a test mail. */
export const SMTP_TEST_TIMEOUT_MS = 20_000;

/** What was to be told of the server itself and was not sent is tried again by whoever saw it, not sooner. */
export const OCCASION_RETRY_SECONDS = 60;

/** Memory of mails: shorter than the journey, which tells the same. */
export const OUTGOING_KEPT_DAYS = 30;
/** Somebody of a directory who sends mails is told of anew every month; who isn't, is forgotten with the journeys of the last mails. */
export const CONTACT_UNCONFIRMED_DAYS = 90;
export const FORGET_EVERY_MS = 3_600_000;
export const FORGET_BATCH = 5_000;
