import { z } from 'zod';
import type { UserManagementServer, UserManagementStatus } from '@inkpost/contracts/admin/v1/user_management_server_pb.js';
import { instant, orNull, pem, present, toInstant } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners, patientlyAs } from '../call-owner/owners.js';
import { LIMITS, TEXT } from '../limits.js';

const settings = z.strictObject({
  address: z.string().min(1).max(TEXT.host).describe('Name or IP address of the server.'), // SKY-055
  secure: z.boolean().default(true).describe('HTTPS; false: all can be read on its way, the password too.'), // SKY-056
  port: z.int().min(1).max(65_535).default(5756), // SKY-057
  account: z.string().min(1).max(TEXT.address).describe('Its security profile there must allow to read, add, edit and delete guests.'), // SKY-058
  password: z.string().max(TEXT.password).optional().describe('Never shown again; without it the stored one stays, for the same server and account.'), // SKY-059
  certificateAuthority: pem,
  certificateSha256: z.string().max(LIMITS.fingerprintMax).default('').describe('SHA-256 fingerprint of the only certificate that is trusted, whatever its name and authority; empty: authorities decide.'),
}).meta({ id: 'UserManagementServerSettings' });

const server = z.object({
  address: z.string(), secure: z.boolean(), port: z.int(), account: z.string(), passwordStored: z.boolean().describe('The password itself is never shown.'),
  certificateAuthority: z.string(), certificateSha256: z.string(), changedAt: instant.nullable(), version: z.int(),
}).meta({ id: 'UserManagementServer' });

const status = z.object({
  state: z.string().describe('operational, unknown-error, not-initialised, connection-failed or rights-missing.'),
  text: z.object({ en: z.string(), fr: z.string() }).describe('In the words of the manual.'),
  problem: z.string().nullable().describe('What is wrong and what to do.'),
  since: instant.nullable(),
}).meta({ id: 'UserManagementStatus' });

export const userManagement = z.object({
  guestsAreKept: z.enum(['here', 'on-server']),
  server: server.nullable().describe('null: guests are kept here.'),
  status,
}).meta({ id: 'UserManagement' });

const testResult = z.object({
  passed: z.boolean(),
  steps: z.array(z.object({
    step: z.string().describe('dns, tcp and tls lead to the server; server asks what it is; sign-in and rights try the account.'),
    outcome: z.string().describe('passed, failed, skipped (there is nothing to do) or not-run (an earlier step failed).'),
    durationMs: z.int(),
    text: z.string().nullable().describe('What was found; of a failed step what is wrong and what to do.'),
  })),
}).meta({ id: 'UserManagementServerTest' });

function toServer({ settings: wire, passwordStored, changedAt, version }: UserManagementServer): z.input<typeof server> {
  const { address, secure, port, account, certificateAuthority, certificateSha256 } = present(wire, 'settings');
  return { address, secure, port, account, passwordStored, certificateAuthority, certificateSha256, changedAt: toInstant(changedAt), version };
}

interface Wire {
  readonly server?: UserManagementServer | undefined;
  readonly status?: UserManagementStatus | undefined;
}

export function toUserManagement({ server: wire, status: statusWire }: Wire): z.input<typeof userManagement> {
  const { state, textEn, textFr, problem, since } = present(statusWire, 'status');
  return {
    guestsAreKept: wire ? 'on-server' : 'here', server: wire ? toServer(wire) : null,
    status: { state, text: { en: textEn, fr: textFr }, problem: orNull(problem), since: toInstant(since) },
  };
}

function fromSettings({ password, ...rest }: z.output<typeof settings>) {
  return password === undefined ? rest : { ...rest, password };
}

const PATH = '/api/v0/user-management-server';

/** The server used for user management, where guests are kept if not here; guest-account owns the settings. */
export function userManagementRoutes({ userManagementServer: owner }: Owners) {
  return [
    route({
      method: 'GET', path: PATH, operation: 'getUserManagementServer', right: 'configuration.read', summary: 'Where guests are kept, and how the connection to that server is', // SKY-039
      description: 'A server is looked at anew when the last look is some seconds old.',
      status: 200, answer: userManagement,
      handle: async ({ caller }) => toUserManagement(await owner.getUserManagementServer({}, as(caller))),
    }),
    route({
      method: 'PUT', path: PATH, operation: 'putUserManagementServer', right: 'configuration.write', summary: 'Keep guests on another server', // SKY-060
      description: 'Mails go by it at once. Guests who are kept here stay here, unused.',
      body: z.strictObject({ ...settings.shape, version: z.int().min(1).max(2 ** 32 - 1).optional().describe('Of the settings as they were read; if somebody changed them since, the answer is 409. Left out: whatever they are.') }).meta({ id: 'UserManagementServerUpdate' }),
      status: 200, answer: userManagement, refusals: [409, 429], objectId: ({ body }) => `${body.address}:${body.port}`,
      handle: async ({ body: { version = 0, ...body }, caller }) => toUserManagement(await owner.putUserManagementServer({ settings: fromSettings(body), version }, as(caller))),
    }),
    route({
      method: 'DELETE', path: PATH, operation: 'deleteUserManagementServer', right: 'configuration.write', summary: 'Keep guests here again; those on the server stay there',
      status: 204, refusals: [404],
      handle: async ({ caller }) => {
        await owner.deleteUserManagementServer({}, as(caller));
      },
    }),
    route({
      method: 'POST', path: `${PATH}/test`, operation: 'testUserManagementServer', right: 'configuration.write', summary: 'Try a server, the account and its rights, step by step; nothing is changed', // SKY-060
      body: z.strictObject({ settings: settings.nullable().default(null).describe('To try before they are stored; null: the stored ones.') }),
      status: 200, answer: testResult, refusals: [404, 429],
      handle: async ({ body, caller }) => {
        const { passed, steps } = await owner.testUserManagementServer(body.settings ? { settings: fromSettings(body.settings) } : {}, patientlyAs(caller));
        return { passed, steps: steps.map(({ step, outcome, durationMs, text }) => ({ step, outcome, durationMs, text: orNull(text) })) };
      },
    }),
  ];
}
