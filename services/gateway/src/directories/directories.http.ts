import { z } from 'zod';
import type { TestDirectoryResponse } from '@inkpost/contracts/admin/v1/directories_pb.js';
import { identifier, orNull } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners, patientlyAs } from '../call-owner/owners.js';
import { TEXT } from '../limits.js';
import { directory, directoryName, directorySettings, directoryUpdate, fromDirectorySettings, toDirectory } from './directory.schema.js';

const params = z.strictObject({ directoryId: identifier });

const testStep = z.object({
  step: z.string().describe('dns, tcp, tls, bind, sign-in, query and people lead to the directory; address, login and password look for somebody. A directory has those of its kind.'),
  outcome: z.string().describe('passed, failed, skipped (there is nothing to do) or not-run (an earlier step failed).'),
  durationMs: z.int(),
  text: z.string().nullable().describe('What was found; of a failed step what is wrong and what to do.'),
}).meta({ id: 'DirectoryTestStep' });

const testedPerson = z.object({
  accountId: z.string(), directory: z.string().describe('The name of the directory that answered.'), login: z.string(), displayName: z.string(),
  addresses: z.array(z.string()).describe('The first one is where mails go.'), language: z.string().nullable(), groups: z.array(z.string()),
}).meta({ id: 'TestedPerson' });

const testResult = z.object({ passed: z.boolean(), steps: z.array(testStep), found: testedPerson.nullable().describe('Whoever was found.') }).meta({ id: 'DirectoryTest' });

function toTestResult({ passed, steps, found }: TestDirectoryResponse): z.input<typeof testResult> {
  return {
    passed,
    steps: steps.map(({ step, outcome, durationMs, text }) => ({ step, outcome, durationMs, text: orNull(text) })),
    found: found ? { accountId: found.accountId, directory: found.directory, login: found.login, displayName: found.displayName, addresses: found.addresses, language: orNull(found.language), groups: found.groups } : null,
  };
}

/** Where people are looked for; guest-account owns it. */
export function directoryRoutes({ directories }: Owners) {
  return [
    route({
      method: 'GET', path: '/api/v0/directories', operation: 'listDirectories', right: 'configuration.read', summary: 'All directories with their state', // WD-008
      status: 200, answer: z.object({ directories: z.array(directory) }),
      handle: async ({ caller }) => ({ directories: (await directories.listDirectories({}, as(caller))).directories.map(toDirectory) }),
    }),
    route({
      method: 'POST', path: '/api/v0/directories', operation: 'createDirectory', right: 'configuration.write', summary: 'Add a directory; it is asked once META names it, or as the default one',
      body: directorySettings, status: 201, answer: directory, refusals: [409], location: ({ directoryId }) => `/api/v0/directories/${directoryId}`, objectId: ({ body }) => body.name,
      handle: async ({ body, caller }) => toDirectory((await directories.createDirectory({ settings: fromDirectorySettings(body) }, as(caller))).directory),
    }),
    route({
      method: 'GET', path: '/api/v0/directories/{directoryId}', operation: 'getDirectory', right: 'configuration.read', summary: 'One directory with its state',
      params, status: 200, answer: directory, refusals: [404],
      handle: async ({ params, caller }) => toDirectory((await directories.getDirectory(params, as(caller))).directory),
    }),
    route({
      method: 'PUT', path: '/api/v0/directories/{directoryId}', operation: 'updateDirectory', right: 'configuration.write', summary: 'Change a directory, the order of META, or which one is the default', // WD-010, WD-011
      params, body: directoryUpdate, status: 200, answer: directory, refusals: [404, 409],
      handle: async ({ params, body: { version = 0, ...body }, caller }) => toDirectory((await directories.updateDirectory({ ...params, settings: fromDirectorySettings(body), version }, as(caller))).directory),
    }),
    route({
      method: 'DELETE', path: '/api/v0/directories/{directoryId}', operation: 'deleteDirectory', right: 'configuration.write', summary: 'Ask a directory no longer; the people of a local one are erased with it',
      params, status: 204, refusals: [404, 409],
      handle: async ({ params, caller }) => {
        // Of many people each is told to those who keep something of them.
        await directories.deleteDirectory(params, patientlyAs(caller));
      },
    }),
    route({
      method: 'POST', path: '/api/v0/directories/{directoryId}/duplicate', operation: 'duplicateDirectory', right: 'configuration.write', summary: 'The same settings under another name, the password too', // V-11
      params, body: z.strictObject({ name: directoryName }), status: 201, answer: directory, refusals: [404, 409], location: ({ directoryId }) => `/api/v0/directories/${directoryId}`,
      handle: async ({ params, body, caller }) => toDirectory((await directories.duplicateDirectory({ ...params, ...body }, as(caller))).directory),
    }),
    route({
      method: 'POST', path: '/api/v0/directories/{directoryId}/test', operation: 'testDirectory', right: 'configuration.write', summary: 'Try a directory step by step and look for somebody; nothing is changed', // V-11
      params, body: z.strictObject({
        address: z.string().max(TEXT.address).default('').describe('Whom to look for. Of META: which directory answers for this address.'),
        login: z.string().max(TEXT.address).default(''),
        password: z.string().max(TEXT.password).default('').describe('To sign in with, as this login.'),
      }),
      status: 200, answer: testResult, refusals: [404, 429],
      handle: async ({ params, body, caller }) => toTestResult(await directories.testDirectory({ ...params, ...body }, patientlyAs(caller))),
    }),
  ];
}
