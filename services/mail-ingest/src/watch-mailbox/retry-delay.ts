import { FOLDER_MISSING, LOGIN_REFUSED } from '../ports/mail-folder.port.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/**
 * How long a watcher waits after its `failures`th failure in a row. A server that is away is tried again soon; a refused password
 * ever more rarely, since servers lock accounts that are tried too often. `random`: 0 to 1, so that a thousand watchers of one
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
      return { firstMs: 30 * SECOND_MS, mostMs: 30 * MINUTE_MS };
    case FOLDER_MISSING:
      return { firstMs: 2 * SECOND_MS, mostMs: 20 * SECOND_MS };
    default:
      return { firstMs: SECOND_MS, mostMs: 45 * SECOND_MS };
  }
}
