/** What may become of a mail whose accepted sender nobody knows (SKY-071); the first is the default. */
const UNKNOWN_SENDER = ['refuse', 'create', 'confirm', 'sponsor', 'hold'] as const;

/**
 * `refuse` the mail, `create` a guest, let the sender `confirm` by a link, let a `sponsor` vouch for the sender, or `hold` the mail for an administrator.
 */
export type UnknownSender = (typeof UNKNOWN_SENDER)[number];

/** Undefined for another word; an empty one means the default. */
export function unknownSenderOf(word: string): UnknownSender | undefined {
  return word === '' ? 'refuse' : UNKNOWN_SENDER.find((each) => each === word);
}
