import { EXPIRY_WARNED_BEFORE_DAYS } from '../limits.js';
import { type Expiry, type MailboxSettings, oauthClientOf } from './mailbox.js';

const DAY_MS = 86_400_000;

/** What a mailbox signs in with and will run out, as far as anybody knows when: the next one first. */
export function describeExpiry(settings: MailboxSettings, now: Date): Expiry[] {
  const client = settings.kind === 'smtp' ? undefined : oauthClientOf(settings);
  return client?.secretExpiresAt ? [expiry('client-secret', client.secretExpiresAt, now)] : [];
}

function expiry(what: Expiry['what'], at: Date, now: Date): Expiry {
  return { what, at, soon: at.getTime() - now.getTime() <= EXPIRY_WARNED_BEFORE_DAYS * DAY_MS };
}
