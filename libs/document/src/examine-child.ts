import { writeSync } from 'node:fs';
import { stdin } from 'node:process';
import type { Answer } from './answer.js';
import { examinePdf } from '@inkpost/document/examine-pdf.js';
import { readDocuments } from '@inkpost/document/frames.js';
import { documentLimits } from '@inkpost/document/limits.js';

// The entry of the child: documents on stdin, one line of JSON each on descriptor 3. Ends when stdin does.
const answersTo = 3;

function tell(answer: Answer): void {
  const line = Buffer.from(`${JSON.stringify(answer)}\n`);
  for (let at = 0; at < line.length; ) at += writeSync(answersTo, line, at);
}

const smallestPdf = [
  '%PDF-1.4',
  '1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj',
  '2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj',
  '3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj',
  'trailer<</Root 1 0 R>>',
  '%%EOF',
].join('\n');

// Loads all that the parser loads lazily: once ready, this process is not allowed to open another file.
const warmUp = await examinePdf(Buffer.from(Uint8Array.from(Buffer.from(smallestPdf)).buffer));
if (warmUp.verdict !== 'printable') throw new Error(`the parser doesn't work here: ${warmUp.detail}`);
tell({ kind: 'ready' });

for await (const file of readDocuments(stdin, documentLimits.sizeBytesMax)) {
  const examination = await examinePdf(file);
  const { user, system } = process.cpuUsage();
  tell({ kind: 'examined', examination, cpuMs: (user + system) / 1000, peakBytes: process.resourceUsage().maxRSS * 1024 });
}
