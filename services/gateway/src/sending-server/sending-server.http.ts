import { z } from 'zod';
import type { SendingServer, SendingServerStatus } from '@inkpost/contracts/admin/v1/sending_server_pb.js';
import { instant, orNull, pem, present, toInstant } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners, patientlyAs } from '../call-owner/owners.js';
import { TEXT } from '../limits.js';

const settings = z.strictObject({
  address: z.string().min(1).max(TEXT.host).describe('Name or IP address of the server.'), // SKY-047
  secure: z.boolean().default(true).describe('HTTPS; false: all can be read on its way, documents and password too.'), // SKY-048
  port: z.int().min(1).max(65_535).default(5753), // SKY-049
  account: z.string().min(1).max(TEXT.address).describe('Of the role print-on-behalf there.'), // SKY-050
  password: z.string().max(TEXT.password).optional().describe('Never shown again; without it the stored one stays, for the same server and account.'), // SKY-051
  certificateAuthority: pem,
  pinnedCertificate: z.base64().max(TEXT.pem).default('').describe('The root certificate that the server exports, print_api_cert.der, in base64: then nothing else is trusted, and the server may be reached by any name and renew its certificate. Empty: none.'),
  queueId: z.string().max(TEXT.id).default('').describe('Identifier of a queue there that takes all documents. Empty: the location decides, or else each mailbox\'s own queue, by its identifier there.'),
  location: z.string().max(TEXT.description).default('').describe('Of a place there, such as World/France/Lyon: the server finds the queue that stands at it. Not together with a queue.'),
  createGuests: z.boolean().default(false).describe('A guest is made there of an owner whom nobody there knows; its account needs guests.add too.'),
}).meta({ id: 'SendingServerSettings' });

const server = z.object({
  address: z.string(), secure: z.boolean(), port: z.int(), account: z.string(), passwordStored: z.boolean().describe('The password itself is never shown.'),
  certificateAuthority: z.string(), pinnedCertificate: z.string().describe('DER in base64; empty: none.'), pinnedSha256: z.string().nullable().describe('Fingerprint of the pinned certificate.'),
  queueId: z.string(), location: z.string(), createGuests: z.boolean(), changedAt: instant.nullable(), version: z.int(),
}).meta({ id: 'SendingServer' });

const status = z.object({
  state: z.string().describe('operational, unknown-location, cooldown (it can\'t be used, and rests until the next try), authentication-failed, rights-missing, not-initialised or unknown-error.'),
  text: z.object({ en: z.string(), fr: z.string() }).describe('In the words of the manual.'),
  problem: z.string().nullable().describe('What is wrong and what to do.'),
  since: instant.nullable(),
}).meta({ id: 'SendingServerStatus' });

export const documentServer = z.object({
  documentsArePrinted: z.enum(['here', 'on-server']),
  server: server.nullable().describe('null: documents are printed here.'),
  status,
}).meta({ id: 'DocumentServer' });

const testResult = z.object({
  passed: z.boolean(),
  steps: z.array(z.object({
    step: z.string().describe('dns, tcp and tls lead to the server; server asks what it is.'),
    outcome: z.string().describe('passed, failed, skipped (there is nothing to do) or not-run (an earlier step failed).'),
    durationMs: z.int(),
    text: z.string().nullable().describe('What was found; of a failed step what is wrong and what to do.'),
  })),
}).meta({ id: 'SendingServerTest' });

function toServer({ settings: wire, passwordStored, changedAt, version, pinnedSha256 }: SendingServer): z.input<typeof server> {
  const { address, secure, port, account, certificateAuthority, pinnedCertificate, queueId, location, createGuests } = present(wire, 'settings');
  return {
    address, secure, port, account, passwordStored, certificateAuthority, pinnedCertificate: Buffer.from(pinnedCertificate).toString('base64'), pinnedSha256: orNull(pinnedSha256),
    queueId, location, createGuests, changedAt: toInstant(changedAt), version,
  };
}

interface Wire {
  readonly server?: SendingServer | undefined;
  readonly status?: SendingServerStatus | undefined;
}

export function toDocumentServer({ server: wire, status: statusWire }: Wire): z.input<typeof documentServer> {
  const { state, textEn, textFr, problem, since } = present(statusWire, 'status');
  return {
    documentsArePrinted: wire ? 'on-server' : 'here', server: wire ? toServer(wire) : null,
    status: { state, text: { en: textEn, fr: textFr }, problem: orNull(problem), since: toInstant(since) },
  };
}

function fromSettings({ password, pinnedCertificate, ...rest }: z.output<typeof settings>) {
  return { ...rest, pinnedCertificate: new Uint8Array(Buffer.from(pinnedCertificate, 'base64')), ...(password === undefined ? {} : { password }) };
}

const PATH = '/api/v0/sending-server';

/** The server used for sending documents, where they are printed if not here; print-submit owns the settings. */
export function sendingServerRoutes({ sendingServer: owner }: Owners) {
  return [
    route({
      method: 'GET', path: PATH, operation: 'getSendingServer', right: 'configuration.read', summary: 'Where documents are printed, and how the connection to that server is', // SKY-034
      description: 'A server is looked at anew when the last look is some seconds old.',
      status: 200, answer: documentServer,
      handle: async ({ caller }) => toDocumentServer(await owner.getSendingServer({}, as(caller))),
    }),
    route({
      method: 'PUT', path: PATH, operation: 'putSendingServer', right: 'configuration.write', summary: 'Have documents printed by another server', // SKY-053
      description: 'The next mail goes by it. Documents that are held here already stay here.',
      body: z.strictObject({ ...settings.shape, version: z.int().min(1).max(2 ** 32 - 1).optional().describe('Of the settings as they were read; if somebody changed them since, the answer is 409. Left out: whatever they are.') }).meta({ id: 'SendingServerUpdate' }),
      status: 200, answer: documentServer, refusals: [409, 429], objectId: ({ body }) => `${body.address}:${body.port}`,
      handle: async ({ body: { version = 0, ...body }, caller }) => toDocumentServer(await owner.putSendingServer({ settings: fromSettings(body), version }, as(caller))),
    }),
    route({
      method: 'DELETE', path: PATH, operation: 'deleteSendingServer', right: 'configuration.write', summary: 'Print documents here again; those that the server has stay there',
      status: 204, refusals: [404],
      handle: async ({ caller }) => {
        await owner.deleteSendingServer({}, as(caller));
      },
    }),
    route({
      method: 'POST', path: `${PATH}/test`, operation: 'testSendingServer', right: 'configuration.write', summary: 'Try the way to a server, step by step; the account is not tried, and nothing is changed', // SKY-052
      body: z.strictObject({ settings: settings.nullable().default(null).describe('To try before they are stored; null: the stored ones.') }),
      status: 200, answer: testResult, refusals: [404, 429],
      handle: async ({ body, caller }) => {
        const { passed, steps } = await owner.testSendingServer(body.settings ? { settings: fromSettings(body.settings) } : {}, patientlyAs(caller));
        return { passed, steps: steps.map(({ step, outcome, durationMs, text }) => ({ step, outcome, durationMs, text: orNull(text) })) };
      },
    }),
  ];
}
