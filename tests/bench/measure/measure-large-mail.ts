import type { DovecotServer } from '@inkpost/testkit/dovecot-server.js';
import { setTimeout as pause } from 'node:timers/promises';
import { limits } from '../limits.js';
import { largeMail } from '../make-mails/bench-mail.js';
import type { MailAccount } from '../make-mails/mail-account.js';
import { ProcessMeter, residentMiB } from '../meter-processes/process-meter.js';
import type { PrintTally } from '../take-output/print-check.js';
import { within } from '../within.js';
import type { PrintedPlaces } from './measure-printed.js';

export interface Growth {
  readonly name: string;
  readonly beforeMiB: number;
  readonly growthMiB: number;
}

export interface LargeMailFigures {
  /** Of the suite's own processes, the database and Redis; the greatest growth first. */
  readonly growths: readonly Growth[];
  readonly tally: PrintTally;
}

export const LARGE_MAIL_BYTES = 25_000_000;

/** How far the memory of each process rises above what it held before, while one large mail goes from the door to the printer. */
export async function measureLargeMail({ suite, queueId, printer }: PrintedPlaces, dovecot: DovecotServer, account: MailAccount): Promise<LargeMailFigures> {
  const { raw, sender, sha256 } = largeMail('large', LARGE_MAIL_BYTES);
  const check = printer.expect([sha256]);
  await suite.watch(account, queueId);
  await pause(limits.settleMs);
  const before = residentMiB(suite.groups);
  const meter = new ProcessMeter(suite.groups);
  await dovecot.deliver({ from: sender, to: [account.address], raw });
  await within(limits.singleMailMs, Promise.race([check.allCame, suite.failed]), () => 'the large mail was not printed');
  await pause(limits.settleMs);
  const { peaks } = meter.stop();
  const growths = peaks.flatMap(({ name, peakMiB }) => {
    const beforeMiB = before.get(name);
    return beforeMiB === undefined ? [] : [{ name, beforeMiB, growthMiB: Math.max(0, peakMiB - beforeMiB) }];
  });
  return { growths: growths.toSorted((a, b) => b.growthMiB - a.growthMiB), tally: check.tally };
}
