import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { type TemporaryFolder, temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import type { Conversion } from './choose-conversion.js';
import { DocumentConverter } from './document-converter.js';
import { readRaster } from './read-raster.harness.js';
import { SealedFile } from './sealed-file.js';

const GHOSTSCRIPT = '/usr/bin/gs';
const RASTER = ['-sDEVICE=pwgraster', '-dcupsBitsPerColor=8', '-dcupsColorSpace=18', '-r72', '-dFIXEDMEDIA', '-dPDFFitPage', '-dDEVICEWIDTHPOINTS=595', '-dDEVICEHEIGHTPOINTS=842'];
const conversion = (options: readonly string[] = RASTER, pages = 1): Conversion => ({ documentFormat: 'image/pwg-raster', options, pages, finishing: { asked: {}, notApplied: [] } });
const source = (bytes: Buffer) => async () => (async function* () { yield bytes; })();

async function read(document: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of document) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What an open file is called, or was. */
function nameOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}

/** Children of this process that are Ghostscript. */
const children = (): string[] => readdirSync('/proc').filter((pid) => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return status.startsWith('Name:\tgs\n') && status.includes(`PPid:\t${process.pid}\n`);
  } catch {
    return false;
  }
});

describeWithServer('ghostscript', 'the converter', () => {
  let folder: TemporaryFolder;

  beforeAll(async () => {
    folder = await temporaryFolder('converter');
    return () => folder.remove();
  });

  const newConverter = (program = GHOSTSCRIPT) => new DocumentConverter({ program, folder: folder.path });

  it('makes a document once, keeps it for another try, and makes it anew for other options', async () => {
    const converter = newConverter();
    const jobId = randomUUID();
    let opened = 0;
    const open = () => {
      opened += 1;
      return source(samplePdf())();
    };
    const first = await converter.convert(jobId, conversion(), open);
    const again = await converter.convert(jobId, conversion(), open);
    expect([opened, again.sha256]).toEqual([1, first.sha256]);
    const [one, other] = [await read(first.open()), await read(first.open())];
    expect(other.equals(one)).toBe(true);
    expect(readRaster(one)).toMatchObject([{ dpi: 72, width: 595, height: 842 }]);
    expect((await converter.convert(jobId, conversion([...RASTER, '-dDuplex=true']), open)).sha256).not.toBe(first.sha256);
    converter.forget(jobId);
    await converter.convert(jobId, conversion(), open);
    expect(opened).toBe(3);
    converter.stop();
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it('lets a document read no file of the server', async () => {
    const secret = `${folder.path}/secret`;
    execFileSync('sh', ['-c', `printf 'the secret of the server' > ${secret}`]);
    const program = `%!PS\n(${secret}) (r) file 100 string readstring pop show showpage\n`;
    await expect(newConverter().convert(randomUUID(), conversion(), source(Buffer.from(program)))).rejects.toMatchObject({ code: 'convert.failed', message: expect.stringContaining('0 of 1 pages were made') });
    execFileSync('rm', [secret]);
  });

  it('makes some side by side, the others in turn, and all of them', async () => {
    const converter = newConverter();
    let most = 0;
    const watching = setInterval(() => { most = Math.max(most, children().length); }, 5);
    const made = await Promise.all(Array.from({ length: 6 }, () => converter.convert(randomUUID(), conversion(RASTER.with(3, '-r300')), source(samplePdf()))));
    clearInterval(watching);
    expect(made.every(({ sizeBytes }) => sizeBytes > 1_000)).toBe(true);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(2);
    converter.stop();
  });

  it('is interrupted when the service stops: its children end, and those who wait are told', async () => {
    const converter = newConverter();
    const endless = Buffer.from('%!PS\n{ 1 pop } loop\n');
    const works = Array.from({ length: 3 }, () => converter.convert(randomUUID(), conversion(), source(endless)).then(() => 'made', (error: unknown) => (error as { code: string }).code));
    await expect.poll(() => children().length).toBe(2);
    converter.stop();
    expect(await Promise.all(works)).toEqual(['convert.interrupted', 'convert.interrupted', 'convert.interrupted']);
    await expect.poll(() => children().length).toBe(0);
  });

  it('tells what broke the document off, and the loss of a program at once', async () => {
    const broken = () => Promise.resolve((async function* () { yield Buffer.from('%PDF-'); throw new Error('spool.gone'); })());
    await expect(newConverter().convert(randomUUID(), conversion(), broken)).rejects.toThrow('spool.gone');
    await expect(newConverter('/nowhere/gs').convert(randomUUID(), conversion(), source(samplePdf()))).rejects.toMatchObject({ code: 'convert.tool-missing' });
    await expect(newConverter().convert(randomUUID(), conversion(RASTER, 2), source(samplePdf()))).rejects.toMatchObject({ code: 'convert.failed' });
  });

  it('keeps what it made in a file without a name, sealed, until the last reader is done', async () => {
    const file = await SealedFile.create(folder.path);
    await file.append(Buffer.from('nobody is to read this'));
    expect(readdirSync(folder.path)).toEqual([]);
    const link = readdirSync('/proc/self/fd').find((fd) => nameOf(fd).startsWith(`${folder.path}/inkpost-`));
    const onDisk = readFileSync(`/proc/self/fd/${link}`);
    expect(onDisk.length).toBe(file.sizeBytes);
    expect(onDisk.includes('nobody')).toBe(false);
    const reader = file.read();
    const first = await reader.next();
    await file.close();
    expect(Buffer.from(first.value ?? []).toString()).toBe('nobody is to read this');
    expect(await reader.next()).toMatchObject({ done: true });
    await turn();
    await expect(file.append(Buffer.from('x'))).rejects.toThrow();
  });
});
