// By the package's own name, since the child runs these sources with and without a build, and Node takes `.js` literally.
import { documentLimits } from '@inkpost/document/limits.js';
import { refused, type Examination, type PageSize } from '@inkpost/document/examination.js';
import { readSigns } from '@inkpost/document/read-signs.js';
import {
  getDocument,
  InvalidPDFException,
  PasswordException,
  PermissionFlag,
  VerbosityLevel,
  type PDFDocumentProxy,
} from 'pdfjs-dist/legacy/build/pdf.mjs';

/**
 * Reads a PDF's structure: every page's dictionary is looked at, no page's content. Takes over the memory of `file`.
 * Only for a process whose memory and time are limited from outside: a document of 1 KB can ask for gigabytes.
 */
export async function examinePdf(file: Buffer<ArrayBuffer>): Promise<Examination> {
  const signs = readSigns(file);
  if (signs.kind === 'not-a-pdf') return refused('not-a-pdf', signs.detail);
  if (signs.kind === 'bomb') return refused('too-much-memory', signs.detail);
  if (signs.kind === 'truncated') return refused('broken', signs.detail);
  const task = getDocument({
    data: new Uint8Array(file.buffer, file.byteOffset, file.byteLength),
    verbosity: VerbosityLevel.ERRORS,
    stopAtErrors: true,
    enableXfa: false,
    disableFontFace: true,
    useSystemFonts: false,
    useWasm: false,
    useWorkerFetch: false,
  });
  try {
    const pdf = await task.promise;
    const permissions = await pdf.getPermissions();
    if (permissions !== null && !permissions.has(PermissionFlag.PRINT)) {
      return refused('printing-forbidden', "the document's author does not allow printing");
    }
    const sizes = await readPageSizes(pdf);
    if ('verdict' in sizes) return sizes;
    const { pdfVersion, active, notes } = signs;
    if (permissions !== null) notes.push('owner-password');
    if (!active.includes('javascript') && (await pdf.getJSActions()) !== null) active.push('javascript');
    return { verdict: 'printable', pages: pdf.numPages, pageSizes: sizes.pageSizes, pdfVersion, active, notes };
  } catch (error) {
    return refusalFor(error);
  } finally {
    await task.destroy();
  }
}

async function readPageSizes(pdf: PDFDocumentProxy): Promise<{ pageSizes: PageSize[] } | Examination> {
  const { pagesMax, pageSidePtMax } = documentLimits;
  if (pdf.numPages < 1) return refused('no-pages', 'the document has no pages');
  if (pdf.numPages > pagesMax) return refused('too-many-pages', `${pdf.numPages} pages, at most ${pagesMax}`);
  const counted = new Map<string, PageSize>();
  for (let number = 1; number <= pdf.numPages; number += 1) {
    const page = await pdf.getPage(number);
    const { width, height } = page.getViewport({ scale: 1 });
    page.cleanup();
    const widthPt = round(width);
    const heightPt = round(height);
    if (Math.max(widthPt, heightPt) > pageSidePtMax) {
      return refused('page-too-large', `page ${number} is ${widthPt} x ${heightPt} pt, at most ${pageSidePtMax} pt a side`);
    }
    const key = `${widthPt}x${heightPt}`;
    counted.set(key, { widthPt, heightPt, count: (counted.get(key)?.count ?? 0) + 1 });
  }
  return { pageSizes: [...counted.values()] };
}

function round(points: number): number {
  return Math.round(points * 100) / 100;
}

function refusalFor(error: unknown): Examination {
  if (error instanceof PasswordException) return refused('encrypted', 'it opens only with a password');
  const message = error instanceof Error ? error.message : String(error);
  if (/allocation failed|out of memory|invalid array (buffer )?length|invalid typed array length/iu.test(message)) {
    return refused('too-much-memory', 'it needs more memory than an examination may use');
  }
  if (error instanceof InvalidPDFException) return refused('broken', 'the structure is damaged beyond repair');
  // The parser's messages can quote the document: only the kind of the error leaves the child.
  return refused('broken', `it cannot be read (${error instanceof Error ? error.name : 'unknown error'})`);
}
