/** Acceptance conditions: entries of one list (SKY-065..067), characters of one entry before it is parsed, and of a text with several. */
export const CONDITION_ENTRIES_MAX = 1_000;
export const CONDITION_ENTRY_LENGTH_MAX = 300;
export const CONDITION_TEXT_LENGTH_MAX = 20_000;

/** Who is asked about one unknown sender: each gets a mail. */
export const SPONSORS_MAX = 10;

/** How long a service may decide by its copy of the conditions before it asks whether they were changed elsewhere. */
export const CONDITIONS_AGE_MAX_MS = 1_000;

/** Documents of one message that are examined side by side: as many as there are children, so that messages take turns. */
export const DOCUMENTS_AT_ONCE = 2;

/** Sizes of pages named in the journey; a document of many sizes is not described in full. */
export const PAGE_SIZES_SHOWN_MAX = 5;

/** Verdicts are kept as long as the journey. */
export const VERDICT_KEPT_DAYS = 90;
export const VERDICT_PURGE_EVERY_MS = 3_600_000;
export const VERDICT_PURGE_BATCH = 5_000;

/** Trusted servers, and trusted relays, of one mailbox. */
export const TRUSTED_ENTRIES_MAX = 100;

/** The rule lab: days of real mail, and senders listed of those whose mails would be decided otherwise. */
export const LAB_DAYS_MAX = 30;
export const LAB_SENDERS_LISTED_MAX = 200;
/** Kinds of mails (sender, mailbox, verdict) that one try looks at, those with most mails first. */
export const LAB_KINDS_MAX = 100_000;
