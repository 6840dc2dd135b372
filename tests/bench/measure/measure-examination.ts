import { DocumentExaminer } from '@inkpost/document/examiner.js';
import { benchPdf } from '../make-mails/bench-pdf.js';
import { peakMiB } from '../meter-processes/process-meter.js';

export interface ExaminationFigures {
  readonly pages: number;
  readonly sizeBytes: number;
  /** The document is there -> its verdict is; in milliseconds, one value per examination. */
  readonly examinedMs: readonly number[];
  /** The most that one examining child held, its first document included. */
  readonly firstPeakMiB: number;
  /** The same when all were examined: memory that was not collected in between, too. */
  readonly lastPeakMiB: number;
}

const SIZE_BYTES = 10_000_000;
const EXAMINATIONS = 20;

/** Documents of so many scanned pages, one after the other, by the examiner that the product uses, its limited children included. */
export async function measureExamination(pages: number): Promise<ExaminationFigures> {
  const examiner = new DocumentExaminer();
  try {
    await examiner.start();
    const pids = await examiner.pids();
    let firstPeakMiB = Number.NaN;
    const examinedMs: number[] = [];
    for (let index = 0; index < EXAMINATIONS; index += 1) {
      const document = benchPdf({ seed: `examined-${index}`, pages, sizeBytes: SIZE_BYTES });
      const startedAt = performance.now();
      const examination = await examiner.examine(inPieces(document));
      examinedMs.push(performance.now() - startedAt);
      if (index === 0) firstPeakMiB = childPeakMiB(pids);
      if (examination.verdict !== 'printable' || examination.pages !== pages) throw new Error(`A document of ${pages} pages was examined as ${JSON.stringify(examination)}`);
    }
    return { pages, sizeBytes: SIZE_BYTES, examinedMs, firstPeakMiB, lastPeakMiB: childPeakMiB(pids) };
  } finally {
    await examiner.close();
  }
}

/** Of the child that held most. */
function childPeakMiB(pids: readonly number[]): number {
  return Math.max(...peakMiB(pids.map((rootPid) => ({ name: String(rootPid), rootPid }))).values());
}

const PIECE_BYTES = 64 * 1024;

/** As the spool gives them. */
async function* inPieces(document: Buffer): AsyncGenerator<Buffer> {
  for (let begin = 0; begin < document.length; begin += PIECE_BYTES) yield document.subarray(begin, begin + PIECE_BYTES);
}
