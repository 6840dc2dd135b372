import { setTimeout as pause } from 'node:timers/promises';
import { buffer } from 'node:stream/consumers';
import { Failure } from '@inkpost/failure/failure.js';
import { afterEach, describe, expect, it } from 'vitest';
import { FETCH_PIECE_BYTES } from '../limits.js';
import type { AfterProcessing } from '../mailboxes/mailbox.js';
import { FOLDER_MISSING, MAIL_GONE, type MailSource, type OpenSource, type SourceAccess } from './mail-source.port.js';

/** What is with a mail on its server now. */
export interface MailThere {
  readonly subject: string;
  readonly folder: string;
  /** Has the signs of a mail that was flagged. */
  readonly flagged: boolean;
}

/** A folder of an account of its own, empty at first. The adapter's way to it can be cut. */
export interface SourcePlace {
  readonly access: SourceAccess;
  /** Puts mails in, in this order, as another client or a mail server would. Resolves when the server shows them. */
  add(...mails: readonly Buffer[]): Promise<void>;
  /** Takes all mails out, behind the adapter's back. */
  clear(): Promise<void>;
  /** In this folder and in the one that mails are moved to. */
  mailsThere(): Promise<MailThere[]>;
  /** Ends the adapter's connections; new ones work. */
  cut(): Promise<void>;
  /** What must not be traced. */
  readonly secret: string;
}

/** A kind of source, with a real server behind it. */
export interface SourceUnderTest {
  /** With pauses that a test can wait for: mails are looked for at least every second. */
  readonly open: OpenSource;
  readonly choices: readonly AfterProcessing[];
  readonly hasFolders: boolean;
  readonly announces: boolean;
  /** False: it learns how long a mail is only by fetching it. */
  readonly tellsSizes?: false;
  makePlace(): Promise<SourcePlace>;
}

const PROCESSED_FOLDER = 'Printed';

/** What every adapter of `MailSource` does. `source` is asked for when the tests run. */
export function describeMailSource(source: () => SourceUnderTest): void {
  const opened: MailSource[] = [];

  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close();
  });

  async function open({ access }: SourcePlace, own: Partial<SourceAccess> = {}): Promise<MailSource> {
    const each = await source().open({ ...access, processedFolder: PROCESSED_FOLDER, ...own }, new AbortController().signal);
    opened.push(each);
    return each;
  }

  async function placeWith(...mails: readonly Buffer[]): Promise<SourcePlace> {
    const place = await source().makePlace();
    if (mails.length > 0) await place.add(...mails);
    return place;
  }

  /** Waits until the source says that there is something new. */
  async function hear(each: MailSource): Promise<string[]> {
    for (const deadline = Date.now() + 10_000; Date.now() < deadline; ) {
      const announcedAt = await each.waitForMail();
      if (announcedAt !== undefined || (await each.check())) return each.listNew();
    }
    throw new Error('nothing was heard of a new mail');
  }

  describe('as a source of mails', () => {
    it('lists keys, the oldest mail first, and each as new once', async () => {
      const place = await placeWith(mail('one'), mail('two'), mail('three'));
      const each = await open(place);
      const keys = await each.list();
      expect(new Set(keys).size).toBe(3);
      expect(await each.listNew()).toEqual([]);
      expect((await all(each.fetch(keys))).map(({ whole }) => subjectOf(whole))).toEqual(['one', 'two', 'three']);
      await place.add(mail('four'));
      const news = await hear(each);
      expect((await all(each.fetch(news))).map(({ whole }) => subjectOf(whole))).toEqual(['four']);
      expect(await each.listNew()).toEqual([]);
      expect(await each.list()).toEqual([...keys, ...news]);
    });

    it('gives the same keys in the same epoch to whoever opens it next', async () => {
      const place = await placeWith(mail('one'), mail('two'));
      const [first, second] = [await open(place), await source().open(place.access, new AbortController().signal)];
      opened.push(second);
      expect([second.epoch, await second.list()]).toEqual([first.epoch, await first.list()]);
    });

    it('is empty where there is nothing, and says so', async () => {
      const each = await open(await placeWith());
      expect([await each.list(), await each.listNew(), await each.check()]).toEqual([[], [], false]);
      expect(await all(each.fetch([]))).toEqual([]);
    });

    it('gives every byte of a mail as it is: 8-bit ones, dots at the beginning of lines, the last line', async () => {
      const lines = ['.', '..', '.hidden', '', '..two', 'x'.repeat(2_000), Buffer.from(Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 0 && byte !== 10 && byte !== 13)).toString('latin1'), '\u00ff\u00fe\u0080', '.'];
      const odd = Buffer.concat([mail('odd'), Buffer.from(`${lines.join('\r\n')}\r\n`, 'latin1')]);
      const each = await open(await placeWith(odd));
      const [found] = await all(each.fetch(await each.list()));
      expect(found?.whole?.equals(odd)).toBe(true);
      expect(found?.sizeBytes).toBe(odd.length);
    });

    it('passes over mails that are gone, and says of a single one that it is', async () => {
      const place = await placeWith(mail('one'), mail('two'));
      const keys = await (await open(place)).list();
      await place.clear();
      await place.add(mail('three'));
      const each = await open(place);
      const [three = ''] = await each.list();
      expect((await all(each.fetch([...keys, three]))).map(({ key }) => key)).toEqual([three]);
      await expect(buffer(each.fetchHeader(keys[0] ?? ''))).rejects.toMatchObject({ code: MAIL_GONE });
      await expect(buffer(each.fetchLong(keys[1] ?? '', 1_000))).rejects.toMatchObject({ code: MAIL_GONE });
    });

    it('gives a long mail in pieces, byte for byte, or as much of it as is wanted, and goes on afterwards', async () => {
      const long = Buffer.concat([mail('long'), Buffer.from(`${'.0123456789abcdef'.repeat(60)}\r\n`.repeat(5_200))]);
      const each = await open(await placeWith(mail('before'), long, mail('after')));
      const keys = await each.list();
      const found = await all(each.fetch(keys));
      expect(found.map(({ whole }) => whole === undefined)).toEqual([false, true, false]);
      if (source().tellsSizes === false) expect(found[1]?.sizeBytes).toBeGreaterThan(FETCH_PIECE_BYTES);
      else expect(found[1]?.sizeBytes).toBe(long.length);
      const key = keys[1] ?? '';
      const pieces = await all(each.fetchLong(key, 50_000_000));
      expect(pieces.length).toBeGreaterThan(1);
      expect(Buffer.concat(pieces).equals(long)).toBe(true);
      const some = Buffer.concat(await all(each.fetchLong(key, 100_000)));
      expect([some.length > 100_000, some.equals(long.subarray(0, some.length))]).toEqual([true, true]);
      for await (const piece of each.fetchLong(key, 50_000_000)) if (piece.length > 0) break;
      expect((await buffer(each.fetchHeader(keys[2] ?? ''))).toString()).toBe(mail('after').toString().replace(/after\r\n$/, ''));
      for await (const { key: first } of each.fetch(keys)) {
        expect(first).toBe(keys[0]);
        break;
      }
      expect((await all(each.fetch(keys.slice(2)))).map(({ whole }) => subjectOf(whole))).toEqual(['after']);
    }, 20_000);

    it('does with processed mails what is wanted, and with no others', async () => {
      for (const choice of source().choices) {
        const place = await placeWith(mail('one'), mail('two'), mail('three'));
        const each = await open(place, { afterProcessing: choice });
        const [one = '', two = ''] = await each.list();
        expect(await each.settle([one, two], choice, PROCESSED_FOLDER)).toBe(true);
        // Told twice, after a crash in between.
        expect(await each.settle([one], choice, PROCESSED_FOLDER)).toBe(true);
        const there = (await place.mailsThere()).filter(({ folder }) => folder === place.access.folder);
        expect(there.filter(({ flagged }) => flagged).map(({ subject }) => subject)).toEqual(choice === 'flag' ? ['one', 'two'] : []);
        expect(there.map(({ subject }) => subject)).toEqual(choice === 'move' || choice === 'delete' ? ['three'] : ['one', 'two', 'three']);
        if (choice === 'move') expect((await place.mailsThere()).filter(({ folder }) => folder === PROCESSED_FOLDER).map(({ subject }) => subject).sort()).toEqual(['one', 'two']);
        await place.add(mail('four'));
        expect((await all(each.fetch(await hear(each)))).map(({ whole }) => subjectOf(whole))).toEqual(['four']);
      }
    }, 30_000);

    it('says whether it announces mails, and then says so at once', async () => {
      const place = await placeWith();
      const each = await open(place);
      await each.list();
      expect(each.announces).toBe(source().announces);
      const waiting = each.waitForMail();
      await place.add(mail('one'));
      const announcedAt = await waiting;
      if (source().announces) expect(announcedAt).toBeLessThanOrEqual(performance.now());
      expect(announcedAt !== undefined || (await each.check())).toBe(true);
      expect(await each.listNew()).toHaveLength(1);
    });

    it('fails in words when its connection is cut, and can be opened anew', async () => {
      const long = Buffer.concat([mail('long'), Buffer.from(`${'0123456789abcdef'.repeat(60)}\r\n`.repeat(13_000))]);
      const place = await placeWith(long);
      const each = await open(place);
      const keys = await each.list();
      const pieces = each.fetchLong(keys[0] ?? '', 50_000_000)[Symbol.asyncIterator]();
      expect((await pieces.next()).done).toBe(false);
      await place.cut();
      const rest = { [Symbol.asyncIterator]: () => pieces };
      await expect(all(rest)).rejects.toBeInstanceOf(Failure);
      const again = await open(place);
      expect(await again.list()).toEqual(keys);
      if (!source().announces) return;
      const waiting = outcome(again.waitForMail());
      await place.cut();
      expect(await waiting).toBeInstanceOf(Failure);
    }, 20_000);

    it('ends what waits when it is closed, and what opens when it is given up', async () => {
      const place = await placeWith();
      const each = await open(place);
      await each.list();
      const waiting = outcome(each.waitForMail());
      await pause(20);
      await each.close();
      expect(await waiting).toBeInstanceOf(Failure);
      await expect(source().open(place.access, AbortSignal.abort())).rejects.toThrow();
    });

    it('traces the conversation without the secret and without the mail', async () => {
      const lines: string[] = [];
      const place = await placeWith(mail('very private'));
      const each = await open(place, { trace: (line) => lines.push(line) });
      await all(each.fetch(await each.list()));
      const conversation = lines.join('\n');
      expect(lines.length).toBeGreaterThan(3);
      expect(conversation).not.toContain('very private');
      for (const hidden of [place.secret, Buffer.from(place.secret).toString('base64').replace(/=+$/, ''), Buffer.from(`\0${place.access.user}\0${place.secret}`).toString('base64')]) expect(conversation).not.toContain(hidden);
    });

    it('says that its folder is missing', async () => {
      if (!source().hasFolders) return;
      const place = await placeWith();
      await expect(open(place, { folder: 'No such folder' })).rejects.toMatchObject({ code: FOLDER_MISSING, message: 'The requested folder could not be found' });
    });
  });
}

/** A mail with this subject; its text repeats it. */
export function mail(subject: string): Buffer {
  return Buffer.from(`From: a@example.org\r\nSubject: ${subject}\r\n\r\n${subject}\r\n`);
}

function subjectOf(raw: Buffer | undefined): string | undefined {
  return raw && /^Subject: (.*)\r$/m.exec(raw.toString('latin1'))?.[1];
}

async function outcome(work: Promise<unknown>): Promise<unknown> {
  return work.catch((error: unknown) => error);
}

export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of source) found.push(one);
  return found;
}
