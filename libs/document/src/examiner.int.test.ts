import { kill } from 'node:process';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DocumentExaminer } from './examiner.js';
import { compressedPdf, pdfWithPages, writePdf } from './hand-made-pdf.js';
import { documentLimits, examinerLimits } from './limits.js';

const a4 = '/MediaBox[0 0 595 842]';
const plain = pdfWithPages([a4]);
/** Repairing it takes the parser time that grows with the square of its length: 10 MB keep it busy for half a minute. */
const endless = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.from('1 0 obj\n<<'.repeat(1_000_000)), Buffer.from('\n%%EOF\n')]);
const fixture = (name: string): URL => new URL(`../../../tests/fixtures/${name}`, import.meta.url);

async function* chunksOf(bytes: Buffer, sizeBytes = 65_536): AsyncGenerator<Buffer> {
  await Promise.resolve();
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes);
}

let examiner: DocumentExaminer;
beforeAll(async () => {
  examiner = new DocumentExaminer();
  await examiner.start();
});
afterAll(() => examiner.close());

const examine = (file: Buffer, timeoutMs?: number) =>
  examiner.examine(chunksOf(file), timeoutMs === undefined ? {} : { timeoutMs });

describe('a printable document', () => {
  it('gets the count and the seen size of all its pages', async () => {
    const pages = [a4, a4, '/MediaBox[0 0 100 200]/Rotate 90/UserUnit 2', '/MediaBox[0 0 900 900]/CropBox[10 10 110.5 60]'];
    expect(await examine(pdfWithPages(pages))).toEqual({
      verdict: 'printable',
      pages: 4,
      pageSizes: [
        { widthPt: 595, heightPt: 842, count: 2 },
        { widthPt: 400, heightPt: 200, count: 1 },
        { widthPt: 100.5, heightPt: 50, count: 1 },
      ],
      pdfVersion: '1.7',
      active: [],
      notes: [],
    });
  });

  it('may keep its objects in compressed streams', async () => {
    expect(await examine(compressedPdf(Array.from({ length: 300 }, () => a4)))).toMatchObject({ verdict: 'printable', pages: 300 });
  });

  it('may have a wrong cross-reference table, which printers repair too', async () => {
    const wrong = Buffer.from(plain.toString('latin1').replace(/startxref\n\d+/u, 'startxref\n77777'), 'latin1');
    expect(await examine(wrong)).toMatchObject({ verdict: 'printable', pages: 1 });
  });

  it('may contain scripts, actions and files, which are told and not run', async () => {
    const file = pdfWithPages(
      [`${a4}/AA<</O<</S/JavaScript/JS(app.alert\\(1\\))>>>>`],
      '/OpenAction<</S/Launch/F(cmd.exe)>>/Names<</EmbeddedFiles<</Names[(a)<</Type/Filespec>>]>>>>',
    );
    expect(await examine(file)).toMatchObject({ verdict: 'printable', active: ['javascript', 'launch-action', 'embedded-files'] });
  });

  it('may have as many pages as the limit says', async () => {
    const pages = Array.from({ length: documentLimits.pagesMax }, () => a4);
    expect(await examine(pdfWithPages(pages))).toMatchObject({ verdict: 'printable', pages: documentLimits.pagesMax });
    expect(await examine(pdfWithPages([...pages, a4]))).toMatchObject({ reason: 'too-many-pages' });
  });

  it('may be a 49 MB file, even one that has to be repaired', async () => {
    const stream = Buffer.alloc(49 * 1024 * 1024, 0x55);
    const file = writePdf([
      '<</Type/Catalog/Pages 2 0 R>>',
      '<</Type/Pages/Kids[3 0 R]/Count 1>>',
      `<</Type/Page/Parent 2 0 R${a4}/Contents 4 0 R>>`,
      { value: '<<>>', stream },
    ]);
    expect(await examine(file)).toMatchObject({ verdict: 'printable' });
    file.write('startxref\n1234567890'.slice(0, 13), file.lastIndexOf('startxref'), 'latin1');
    expect(await examine(file)).toMatchObject({ verdict: 'printable' });
  });
});

describe('an encrypted document', () => {
  it.each(['encrypted-owner-password.pdf', 'encrypted-owner-password-rc4.pdf'])('is printable when it opens without a password: %s', async (name) => {
    expect(await examine(await readFile(fixture(name)))).toMatchObject({ verdict: 'printable', notes: ['owner-password'] });
  });

  it('is refused when it needs a password', async () => {
    expect(await examine(await readFile(fixture('encrypted-user-password.pdf')))).toMatchObject({ reason: 'encrypted' });
  });

  it('is refused when its author forbids printing', async () => {
    expect(await examine(await readFile(fixture('printing-forbidden.pdf')))).toMatchObject({ reason: 'printing-forbidden' });
  });
});

describe('a document that cannot be printed', () => {
  const structure = (pages: string, page = `<</Type/Page/Parent 2 0 R${a4}>>`) => writePdf(['<</Type/Catalog/Pages 2 0 R>>', pages, page]);

  it.each([
    ['not a PDF', Buffer.from('Dear Sir or Madam'), 'not-a-pdf'],
    ['empty', Buffer.alloc(0), 'not-a-pdf'],
    ['cut off', pdfWithPages(Array.from({ length: 50 }, () => a4)).subarray(0, -700), 'broken'],
    ['only a header and an end', Buffer.from('%PDF-1.7\n%%EOF\n'), 'broken'],
    ['without pages', structure('<</Type/Pages/Kids[]/Count 0>>'), 'no-pages'],
    ['a page tree that contains itself', structure('<</Type/Pages/Kids[2 0 R]/Count 5>>'), 'broken'],
    ['lacking one of its pages', structure('<</Type/Pages/Kids[9 0 R 3 0 R]/Count 2>>'), 'broken'],
    ['nested three million deep', pdfWithPages([a4], `/X ${'['.repeat(3_000_000)}`), 'broken'],
    ['100 m wide', pdfWithPages([a4, '/MediaBox[0 0 283465 842]']), 'page-too-large'],
    ['too large by its UserUnit', pdfWithPages(['/MediaBox[0 0 595 842]/UserUnit 75000']), 'page-too-large'],
  ])('is refused with its reason when it is %s', async (_, file, reason) => {
    expect(await examine(file)).toMatchObject({ verdict: 'refused', reason });
  });

  it('is refused for its size before a child has to keep it', async () => {
    expect(await examine(Buffer.alloc(documentLimits.sizeBytesMax + 1))).toMatchObject({ reason: 'too-large' });
    expect(await examine(plain)).toMatchObject({ verdict: 'printable' });
  });
});

describe('a hostile document', () => {
  const bombs = {
    'a cross-reference stream of 700 MB': () => streamBomb('/Type/XRef/Size 100000000/W[1 4 2]/Root 1 0 R', 700_000_000),
    'an object stream of 200 MB': () => streamBomb('/Type/ObjStm/N 1/First 4', 200_000_000),
  };

  it.each(Object.entries(bombs))('that expands to more memory than allowed is refused, and the pool recovers: %s', async (_, make) => {
    const file = make();
    expect(file.length).toBeLessThan(1_000_000);
    // An allocation that fails ends the child, or the parser takes it for damage and looks for another way: that depends on the moment.
    expect(await examine(file)).toMatchObject({ verdict: 'refused', reason: expect.stringMatching(/^(?:too-much-memory|broken)$/) });
    expect(await Promise.all([examine(plain), examine(plain)])).toMatchObject([{ verdict: 'printable' }, { verdict: 'printable' }]);
  });

  it('that spins is ended at the deadline, while others go on', async () => {
    const before = await examiner.pids();
    const startedAt = Date.now();
    const spinning = examine(endless, 2_000);
    expect(await examine(plain)).toMatchObject({ verdict: 'printable' });
    expect(Date.now() - startedAt).toBeLessThan(1_500);
    expect(await spinning).toMatchObject({ verdict: 'refused', reason: 'too-slow' });
    expect(Date.now() - startedAt).toBeLessThan(4_000);
    expect((await examiner.pids()).filter((pid) => before.includes(pid))).toHaveLength(1);
  });

  it('that spins in both children delays the others by no more than its deadline', async () => {
    const startedAt = Date.now();
    const spinning = [examine(endless, 1_500), examine(endless, 1_500)];
    expect(await examine(plain)).toMatchObject({ verdict: 'printable' });
    expect(Date.now() - startedAt).toBeLessThan(4_000);
    expect(await Promise.all(spinning)).toMatchObject([{ reason: 'too-slow' }, { reason: 'too-slow' }]);
  });
});

function streamBomb(entries: string, sizeBytes: number): Buffer {
  const stream = deflateSync(Buffer.alloc(sizeBytes), { level: 9 });
  const file = writePdf([{ value: `<<${entries}/Filter/FlateDecode>>`, stream }]);
  // The cross-reference stream is to be read as such: startxref points at the object itself.
  return Buffer.from(file.toString('latin1').replace(/startxref\n\d+/u, 'startxref\n9'), 'latin1');
}

describe('the children', () => {
  it('are replaced when one is killed in mid-document: its caller may try again, the other is not touched', async () => {
    const pids = await examiner.pids();
    const lost = examine(endless, 20_000);
    const other = examine(plain);
    await pause(300);
    for (const pid of await busyOf(pids)) kill(pid, 'SIGKILL');
    await expect(lost).rejects.toMatchObject({ name: 'TransientFailure', code: 'document.examiner-lost' });
    expect(await other).toMatchObject({ verdict: 'printable' });
    expect(await examine(plain)).toMatchObject({ verdict: 'printable' });
  });

  it('are replaced when they are killed while idle', async () => {
    for (const pid of await examiner.pids()) kill(pid, 'SIGKILL');
    await pause(200);
    expect(await Promise.all([examine(plain), examine(plain)])).toMatchObject([{ verdict: 'printable' }, { verdict: 'printable' }]);
  });

  it('survive a source that fails half way, and its error is passed on', async () => {
    const pids = await examiner.pids();
    async function* failing(): AsyncGenerator<Buffer> {
      yield* chunksOf(plain, 100);
      throw new Error('the disk is gone');
    }
    await expect(examiner.examine(failing())).rejects.toThrow('the disk is gone');
    expect(await Promise.all([examine(plain), examine(plain)])).toMatchObject([{ verdict: 'printable' }, { verdict: 'printable' }]);
    expect(await examiner.pids()).toEqual(pids);
  });

  it('are not held by a source that hangs', async () => {
    async function* hanging(): AsyncGenerator<Buffer> {
      yield plain;
      await new Promise(() => undefined);
    }
    await expect(examiner.examine(hanging(), { timeoutMs: 300 })).rejects.toMatchObject({ code: 'document.source-too-slow' });
  });

  it('are limited by the kernel, know no environment and can open nothing', async () => {
    for (const pid of await examiner.pids()) {
      const limits = await readFile(`/proc/${pid}/limits`, 'utf8');
      expect(limits).toMatch(new RegExp(`Max data size +${examinerLimits.dataBytesMax} `, 'u'));
      expect(limits).toMatch(new RegExp(`Max cpu time +${examinerLimits.cpuSecondsMax} `, 'u'));
      expect(limits).toMatch(/Max open files +0 +0 /u);
      expect(limits).toMatch(/Max core file size +0 +0 /u);
      expect(await readFile(`/proc/${pid}/status`, 'utf8')).toMatch(/NoNewPrivs:\s+1/u);
      expect(await readFile(`/proc/${pid}/environ`, 'utf8')).toBe('');
      expect(await readFile(`/proc/${pid}/cmdline`, 'utf8')).toContain('\0--permission\0');
    }
  });

  it('are replaced after their number of documents', async () => {
    const before = await examiner.pids();
    for (let count = 0; count <= examinerLimits.documentsPerChild * examinerLimits.children; count += 1) await examine(plain);
    expect((await examiner.pids()).filter((pid) => before.includes(pid))).toEqual([]);
  });

  it('end with close, which those who wait are told', async () => {
    const short = new DocumentExaminer();
    await short.start();
    const pids = await short.pids();
    const all = [1, 2, 3].map(() => short.examine(chunksOf(endless), { timeoutMs: 20_000 }));
    const outcomes = Promise.allSettled(all);
    await pause(200);
    await short.close();
    expect(await outcomes).toMatchObject([
      { reason: { code: 'document.examiner-lost' } },
      { reason: { code: 'document.examiner-lost' } },
      { reason: { code: 'document.examiner-closed' } },
    ]);
    for (const pid of pids) expect(() => kill(pid, 0)).toThrow('ESRCH');
    await expect(short.examine(chunksOf(plain))).rejects.toMatchObject({ code: 'document.examiner-closed' });
  });

  it('tell when too many documents wait', async () => {
    const crowded = new DocumentExaminer();
    const fit = examinerLimits.waitingMax + examinerLimits.children;
    const outcomes = Promise.allSettled(Array.from({ length: fit + 1 }, () => crowded.examine(chunksOf(plain))));
    const rejected = (await outcomes).filter((outcome) => outcome.status === 'rejected');
    expect(rejected).toMatchObject([{ reason: { code: 'document.examiner-busy' } }]);
    await crowded.close();
  });
});

/** Those of the processes that used CPU time within 100 ms. */
async function busyOf(pids: readonly number[]): Promise<number[]> {
  const ticks = async (pid: number) => Number((await readFile(`/proc/${pid}/stat`, 'utf8')).split(' ')[13]);
  const before = await Promise.all(pids.map(ticks));
  await pause(200);
  const after = await Promise.all(pids.map(ticks));
  return pids.filter((_, index) => (after[index] ?? 0) - (before[index] ?? 0) > 5);
}
