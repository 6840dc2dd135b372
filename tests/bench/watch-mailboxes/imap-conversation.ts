/** `+ idling`, `* 1 EXISTS`, `* 1 RECENT`, or what a SELECT answers. */
const ANNOUNCEMENT_BYTES_MAX = 2_000;

/**
 * When the mails of one connection were announced and marked as processed, by what passes in both directions. Mails are neither there
 * before nor removed, so that the number of a mail is its UID.
 */
export class ImapConversation {
  private readonly announcedAt: number[] = [];
  private readonly settledAt: number[] = [];

  /** `now`: in ms, growing. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Of each mail that was announced, in ms; NaN of one that wasn't marked (yet). */
  get delaysMs(): number[] {
    return this.announcedAt.map((at, index) => (this.settledAt[index] ?? Number.NaN) - at);
  }

  /** An announcement comes by itself and in one piece. No line of the benchmark's mails begins with an asterisk. */
  hearServer(bytes: Buffer): void {
    const count = Number(/^\* (\d+) EXISTS\r\n/m.exec(bytes.subarray(0, ANNOUNCEMENT_BYTES_MAX).toString('latin1'))?.[1] ?? 0);
    while (this.announcedAt.length < count) this.announcedAt.push(this.now());
  }

  /** `A UID STORE 2:3,5 +FLAGS (\Seen $InkpostDone)` */
  hearClient(bytes: Buffer): void {
    const set = / UID STORE ([\d:,]+) /.exec(bytes.toString('latin1'))?.[1] ?? '';
    for (const range of set.split(',').filter((text) => text !== '')) {
      const [first = 0, last = first] = range.split(':').map(Number);
      for (let uid = first; uid <= last; uid += 1) this.settledAt[uid - 1] ??= this.now();
    }
  }
}
