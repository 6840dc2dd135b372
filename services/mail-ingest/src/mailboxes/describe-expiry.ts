import { EXPIRY_WARNED_BEFORE_DAYS } from '../limits.js';
import { type Expiry, type MailboxSettings, oauthClientOf } from './mailbox.js';

const DAY_MS = 86_400_000;

/** What a mailbox signs in with and will run out, as far as anybody knows when: the next one first. `grantExpiresAt`: of its association. */
export function describeExpiry(settings: MailboxSettings, grantExpiresAt: Date | undefined, now: Date): Expiry[] {
  const client = settings.kind === 'smtp' ? undefined : oauthClientOf(settings);
  const known = [expiry('client-secret', client?.secretExpiresAt, now), expiry('grant', grantExpiresAt, now)];
  return known.filter((each) => each !== undefined).sort((a, b) => a.at.getTime() - b.at.getTime());
}

/** Whether it is time to warn of it. */
export function isSoon(at: Date, now: Date): boolean {
  return at.getTime() - now.getTime() <= EXPIRY_WARNED_BEFORE_DAYS * DAY_MS;
}

function expiry(what: Expiry['what'], at: Date | undefined, now: Date): Expiry | undefined {
  return at && { what, at, soon: isSoon(at, now) };
}
