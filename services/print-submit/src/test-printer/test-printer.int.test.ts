import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Client, Code, ConnectError } from '@connectrpc/connect';
import { beforeAll, describe, expect, it } from 'vitest';
import { FieldProblemSchema } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';
import { PrinterService } from '@inkpost/contracts/admin/v1/printers_pb.js';
import { VirtualPrinter } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import { startCups } from '@inkpost/testkit/cups-server.js';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { freePort } from '@inkpost/testkit/free-port.js';
import { type IppevePrinter, startIppeve } from '@inkpost/testkit/ippeve-printer.js';
import { type Instance, PrintHarness, queueSettings } from '../print-submit.harness.js';

let harness: PrintHarness;
let instance: Instance;
let printers: Client<typeof PrinterService>;

beforeAll(async () => {
  harness = await PrintHarness.start();
  instance = await harness.startInstance();
  printers = instance.client(PrinterService, ['configuration.read', 'configuration.write']);
  return () => harness.remove();
});

async function outcomeOf(printerUri: string, certificateAuthority = ''): Promise<{ steps: string; why: string | undefined }> {
  const { steps, passed } = await printers.testPrinter({ printerUri, certificateAuthority });
  const failed = steps.find(({ outcome }) => outcome === 'failed');
  expect(passed).toBe(failed === undefined);
  return { steps: steps.map(({ step, outcome }) => `${step} ${outcome}`).join(', '), why: failed?.text };
}

async function refusal(call: Promise<unknown>): Promise<{ code: Code; field: string | undefined }> {
  const error = ConnectError.from(await call.then(() => new Error('the call was not refused'), (reason: unknown) => reason));
  return { code: error.code, field: error.findDetails(FieldProblemSchema)[0]?.field };
}

describeWithServer('ippeveprinter', 'a real printer', () => {
  let printer: IppevePrinter;

  beforeAll(async () => {
    printer = await startIppeve();
    return () => printer.stop();
  });

  it('is found by its address, says what it is, and its own certificate is shown before anybody trusts it', async () => {
    const { printers: found } = await printers.findPrinters({ address: `localhost:${printer.port}` });
    expect(found.map(({ printerUri, brand, model }) => [printerUri, brand, model])).toEqual([
      [`ipps://localhost:${printer.port}/ipp/print`, 'Acme', 'Laser9'], [`ipp://localhost:${printer.port}/ipp/print`, 'Acme', 'Laser9'],
    ]);
    expect(found[0]).toMatchObject({ certificate: readFileSync(join(printer.keyFolder, 'localhost.crt'), 'utf8'), certificateFingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}/) });
    expect(found[1]).toMatchObject({ certificate: '', capabilities: { makeAndModel: 'Acme Laser9', documentFormats: expect.arrayContaining(['application/pdf']), sides: expect.arrayContaining(['two-sided-long-edge']), color: true } });
  });

  it('passes the test, encrypted only when its certificate is trusted', async () => {
    expect(await outcomeOf(printer.uri)).toEqual({ steps: expect.stringMatching(/tcp passed, tls skipped, ipp passed, state passed, document passed, job passed$/), why: undefined });
    const untrusted = await outcomeOf(printer.secureUri);
    expect(untrusted).toEqual({ steps: expect.stringContaining('tcp passed, tls failed, ipp not-run'), why: expect.stringContaining('certificate') });
    const { printers: [found] } = await printers.findPrinters({ address: printer.secureUri });
    expect((await outcomeOf(printer.secureUri, found?.certificate)).steps).toContain('tls passed, ipp passed');
  });
});

describeWithServer('cupsd', 'a queue of a print server', () => {
  it('is found where it is, and the address of the server alone says what to give', async () => {
    const cups = await startCups();
    try {
      const uri = await cups.addRawQueue('office', join(harness.folder, 'office'));
      const { host } = new URL(uri.replace('ipp:', 'http:'));
      const { printers: found } = await printers.findPrinters({ address: `${host}/printers/office` });
      expect(found.map(({ printerUri, name }) => [new URL(printerUri).pathname, name])).toContainEqual(['/printers/office', 'office']);
      const nowhere = await printers.findPrinters({ address: host });
      expect([nowhere.printers, nowhere.tried.at(-1)]).toEqual([[], expect.stringContaining('give the address of one of its queues whole')]);
    } finally {
      await cups.stop();
    }
  });
});

describe('the test of a printer', () => {
  it('says what is wrong with one that fails, is gone, or is none, and prints nothing', async () => {
    const printer = await VirtualPrinter.start({ outputFolder: join(harness.folder, 'tested') });
    await instance.queues.createQueue({ settings: queueSettings('tested', printer.uri) });
    expect((await printers.testPrinter({ queueId: 'tested' })).passed).toBe(true);
    printer.faults.http500 = true;
    const refusing = await printers.testPrinter({ queueId: 'tested' });
    expect(refusing.steps.find(({ outcome }) => outcome === 'failed')).toMatchObject({ step: 'ipp', text: expect.stringContaining('HTTP status 500') });
    expect(printer.printed).toEqual([]);
    const { uri } = printer;
    await printer.stop();
    expect(await outcomeOf(uri)).toEqual({ steps: expect.stringContaining('tcp failed, tls not-run'), why: expect.stringContaining('refuses connections') });
    const website = createServer((_request, response) => response.end('<h1>Welcome</h1>')).listen(0, '127.0.0.1');
    await once(website, 'listening');
    const { port } = website.address() as AddressInfo;
    expect(await outcomeOf(`ipp://127.0.0.1:${port}/ipp/print`)).toEqual({ steps: expect.stringContaining('ipp failed, state not-run'), why: expect.stringContaining('not readable') });
    const { printers: found, tried } = await printers.findPrinters({ address: `127.0.0.1:${port}` });
    expect([found, tried.length]).toEqual([[], 5]);
    website.close();
  });

  it('connects to no link-local address, and says so', async () => {
    expect((await outcomeOf('ipp://169.254.1.1/ipp/print')).why).toContain('Nothing was sent there');
    expect((await printers.findPrinters({ address: '169.254.1.1' })).tried.join(' ')).toContain('link-local');
  });

  it('wants a right, and what it is given is checked', async () => {
    const port = await freePort();
    expect(await refusal(printers.testPrinter({ queueId: 'nowhere' }))).toEqual({ code: Code.NotFound, field: undefined });
    expect(await refusal(printers.testPrinter({ printerUri: 'socket://x' }))).toEqual({ code: Code.InvalidArgument, field: 'printerUri' });
    expect(await refusal(printers.testPrinter({ printerUri: `ipp://127.0.0.1:${port}/`, certificateAuthority: 'x' }))).toEqual({ code: Code.InvalidArgument, field: 'certificateAuthority' });
    expect(await refusal(printers.findPrinters({ address: 'two words' }))).toEqual({ code: Code.InvalidArgument, field: 'address' });
    const reader = instance.client(PrinterService, ['configuration.read']);
    expect((await refusal(reader.testPrinter({ queueId: 'tested' }))).code).toBe(Code.PermissionDenied);
    expect((await refusal(reader.findPrinters({ address: 'x' }))).code).toBe(Code.PermissionDenied);
  });
});
