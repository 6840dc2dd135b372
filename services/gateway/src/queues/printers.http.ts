import { z } from 'zod';
import type { FoundPrinter } from '@inkpost/contracts/admin/v1/printers_pb.js';
import { identifier, orNull, pem, present } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners, patientlyAs } from '../call-owner/owners.js';
import { TEXT } from '../limits.js';
import { capabilities, toCapabilities } from './capabilities.schema.js';

const testResult = z.object({
  passed: z.boolean(),
  steps: z.array(z.object({
    step: z.string().describe('dns, tcp, tls, ipp, state, document or job.'),
    outcome: z.string().describe('passed, failed, skipped (there is nothing to do) or not-run (an earlier step failed).'),
    durationMs: z.int(),
    text: z.string().nullable().describe('What was found; of a failed step what is wrong and what to do.'),
  })),
}).meta({ id: 'PrinterTest' });

const foundPrinter = z.object({
  printerUri: z.string(),
  name: z.string(),
  brand: z.string(),
  model: z.string(),
  serialNumber: z.string(),
  location: z.string().describe('Where it says that it stands.'),
  capabilities,
  certificate: z.string().nullable().describe('PEM of its own certificate, to be given as certificateAuthority of a queue once somebody has compared its fingerprint; null: not needed.'),
  certificateFingerprint: z.string().nullable().describe('SHA-256.'),
}).meta({ id: 'FoundPrinter' });

function toFoundPrinter({ printerUri, name, brand, model, serialNumber, location, capabilities: known, certificate, certificateFingerprint }: FoundPrinter): z.input<typeof foundPrinter> {
  return {
    printerUri, name, brand, model, serialNumber, location, capabilities: toCapabilities(present(known, 'capabilities')),
    certificate: orNull(certificate), certificateFingerprint: orNull(certificateFingerprint),
  };
}

/** Printers before and behind queues; print-submit asks them. */
export function printerRoutes({ printers }: Owners) {
  const test = async (request: { queueId?: string; printerUri?: string; certificateAuthority?: string }, options: ReturnType<typeof as>) => {
    const { passed, steps } = await printers.testPrinter(request, options);
    return { passed, steps: steps.map(({ step, outcome, durationMs, text }) => ({ step, outcome, durationMs, text: orNull(text) })) };
  };
  return [
    route({
      method: 'POST', path: '/api/v0/queues/{queueId}/test', operation: 'testQueue', right: 'configuration.write', summary: 'Take the way to a queue\'s printer step by step; nothing is printed',
      params: z.strictObject({ queueId: identifier }), status: 200, answer: testResult, refusals: [404, 429],
      handle: async ({ params, caller }) => test(params, patientlyAs(caller)),
    }),
    route({
      method: 'POST', path: '/api/v0/printers/test', operation: 'testPrinter', right: 'configuration.write', summary: 'The same for a printer that no queue has yet',
      body: z.strictObject({ printerUri: z.string().min(1).max(TEXT.printerUri), certificateAuthority: pem }), status: 200, answer: testResult, refusals: [429],
      handle: async ({ body, caller }) => test(body, patientlyAs(caller)),
    }),
    route({
      method: 'POST', path: '/api/v0/printers/find', operation: 'findPrinters', right: 'configuration.write', summary: 'The printers that answer at an address, and what a queue of them would be',
      body: z.strictObject({ address: z.string().min(1).max(TEXT.printerUri).describe('A name or an IP address, perhaps with a port; or a URI.') }), status: 200, refusals: [429],
      answer: z.object({ printers: z.array(foundPrinter), tried: z.array(z.string()).describe('What was tried in vain, and why.') }),
      handle: async ({ body, caller }) => {
        const { printers: found, tried } = await printers.findPrinters(body, patientlyAs(caller));
        return { printers: found.map(toFoundPrinter), tried };
      },
    }),
  ];
}
