import { CLIENT_SECRET_REFUSED, FOLDER_MISSING, LOGIN_REFUSED, NEEDS_ASSOCIATION, TWO_FACTOR_DEMANDED } from '../ports/mail-source.port.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/**
 * How long a watcher waits after its `failures`th failure in a row. A server that is away is tried again soon; what was refused to
 * sign in with ever more rarely, since servers lock accounts that are tried too often. A mailbox without an association asks nobody. `random`: 0 to 1, so that a thousand watchers of one
 * server don't come back at the same moment.
 */
export function retryDelayMs(code: string, failures: number, random: number): number {
  const { firstMs, mostMs } = pauses(code);
  const delayMs = Math.min(firstMs * 2 ** Math.min(failures - 1, 20), mostMs);
  return Math.round(delayMs * (0.8 + 0.4 * random));
}

function pauses(code: string): { readonly firstMs: number; readonly mostMs: number } {
  switch (code) {
    case LOGIN_REFUSED:
    case CLIENT_SECRET_REFUSED:
    case TWO_FACTOR_DEMANDED:
      return { firstMs: 30 * SECOND_MS, mostMs: 30 * MINUTE_MS };
    case NEEDS_ASSOCIATION:
      return { firstMs: 10 * SECOND_MS, mostMs: 5 * MINUTE_MS };
    case FOLDER_MISSING:
      return { firstMs: 2 * SECOND_MS, mostMs: 20 * SECOND_MS };
    default:
      return { firstMs: SECOND_MS, mostMs: 45 * SECOND_MS };
  }
}
