import { z } from 'zod';
import type { ImportPeopleResponse, Person as WirePerson } from '@inkpost/contracts/admin/v1/directories_pb.js';
import { cursor, identifier, instant, nextCursor, orNull, pageLimit, present, toInstant } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners, patientlyAs } from '../call-owner/owners.js';
import { DIRECTORIES, TEXT } from '../limits.js';

const settings = {
  login: z.string().min(1).max(TEXT.name).describe('Unique in its directory, in any case.'),
  displayName: z.string().max(TEXT.name).default(''),
  addresses: z.array(z.string().min(1).max(TEXT.address)).min(1).max(DIRECTORIES.addressesMax).describe('Each one\'s in the directory; the first one is where mails go.'),
  language: z.enum(['fr', 'en']).nullable().default(null).describe('null: the installation\'s language.'),
  groups: z.array(z.string().min(1).max(TEXT.name)).max(DIRECTORIES.groupsMax).default([]),
  locked: z.boolean().default(false),
  password: z.string().max(TEXT.password).optional().describe('Never shown again; without it the stored one stays. Empty: none, nobody signs in with this login.'),
};

const personSettings = z.strictObject(settings).meta({ id: 'PersonSettings' });

const personUpdate = z.strictObject({
  ...settings,
  version: z.int().min(1).max(DIRECTORIES.versionMax).optional().describe('Of the person as it was read; if somebody changed it since, the answer is 409. Left out: whatever it is.'),
}).meta({ id: 'PersonUpdate' });

const person = z.object({
  accountId: z.string(), login: z.string(), displayName: z.string(), addresses: z.array(z.string()), language: z.string().nullable(), groups: z.array(z.string()), locked: z.boolean(),
  passwordStored: z.boolean().describe('The password itself is never shown.'), createdAt: instant.nullable(), version: z.int(),
}).meta({ id: 'Person', description: 'Somebody in a local directory.' });

const importReport = z.object({
  imported: z.boolean().describe('Whether it was written: no dry run, and no line was refused.'),
  added: z.int(), changed: z.int(), unchanged: z.int(), refused: z.int(),
  lines: z.array(z.object({
    line: z.int().describe('From 1; the line of column names is the first.'), login: z.string(), outcome: z.string().describe('added, changed, unchanged or refused.'),
    problem: z.string().nullable().describe('Why it is refused, and what to do.'),
  }).meta({ id: 'ImportedLine' })).describe('The refused ones first; at most 1,000.'),
}).meta({ id: 'ImportReport' });

function toPerson(wire: WirePerson | undefined): z.input<typeof person> {
  const { accountId, settings, passwordStored, createdAt, version } = present(wire, 'person');
  const { login, displayName, addresses, language, groups, locked } = present(settings, 'settings');
  return { accountId, login, displayName, addresses, language: orNull(language), groups, locked, passwordStored, createdAt: toInstant(createdAt), version };
}

function fromSettings({ language, password, ...fields }: z.output<typeof personSettings>) {
  return { ...fields, language: language ?? '', ...(password === undefined ? {} : { password }) };
}

function toReport({ imported, added, changed, unchanged, refused, lines }: ImportPeopleResponse): z.input<typeof importReport> {
  return { imported, added, changed, unchanged, refused, lines: lines.map(({ line, login, outcome, problem }) => ({ line, login, outcome, problem: orNull(problem) })) };
}

const params = z.strictObject({ directoryId: identifier });
const personParams = z.strictObject({ directoryId: identifier, accountId: identifier });

/** The people of directories of kind local; guest-account owns them. */
export function peopleRoutes({ people }: Owners) {
  return [
    route({
      method: 'GET', path: '/api/v0/directories/{directoryId}/people', operation: 'listPeople', right: 'configuration.read', summary: 'The people of a local directory, page by page',
      params, query: z.strictObject({ search: z.string().max(TEXT.search).default('').describe('In login, name and addresses.'), limit: pageLimit, cursor }),
      status: 200, answer: z.object({ people: z.array(person), nextCursor }), refusals: [404, 409],
      handle: async ({ params, query, caller }) => {
        const page = await people.listPeople({ ...params, ...query }, as(caller));
        return { people: page.people.map(toPerson), nextCursor: orNull(page.nextCursor) };
      },
    }),
    route({
      method: 'POST', path: '/api/v0/directories/{directoryId}/people', operation: 'createPerson', right: 'configuration.write', summary: 'Add a person to a local directory',
      params, body: personSettings, status: 201, answer: person, refusals: [404, 409],
      handle: async ({ params, body, caller }) => toPerson((await people.createPerson({ ...params, settings: fromSettings(body) }, as(caller))).person),
    }),
    route({
      method: 'POST', path: '/api/v0/directories/{directoryId}/people/import', operation: 'importPeople', right: 'configuration.write', summary: 'Add and change people by their logins from a CSV, all or none',
      params, body: z.strictObject({
        csv: z.string().min(1).max(DIRECTORIES.csvMax).describe('With a line of column names: login and addresses, and where wanted name, language, groups, locked. Several addresses or groups stand in one field, with | or ; between. A column that is left out stays as it is.'),
        dryRun: z.boolean().default(false).describe('Say what would happen, and write nothing.'),
      }),
      status: 200, answer: importReport, refusals: [404, 409], objectId: ({ params }) => params.directoryId,
      handle: async ({ params, body, caller }) => toReport(await people.importPeople({ ...params, ...body }, patientlyAs(caller))),
    }),
    route({
      method: 'PUT', path: '/api/v0/directories/{directoryId}/people/{accountId}', operation: 'updatePerson', right: 'configuration.write', summary: 'Change a person of a local directory',
      params: personParams, body: personUpdate, status: 200, answer: person, refusals: [404, 409],
      handle: async ({ params, body: { version = 0, ...body }, caller }) => toPerson((await people.updatePerson({ ...params, settings: fromSettings(body), version }, as(caller))).person),
    }),
    route({
      method: 'DELETE', path: '/api/v0/directories/{directoryId}/people/{accountId}', operation: 'deletePerson', right: 'configuration.write', summary: 'Erase a person of a local directory and what is kept of it',
      params: personParams, status: 204, refusals: [404, 409],
      handle: async ({ params, caller }) => {
        await people.deletePerson(params, as(caller));
      },
    }),
  ];
}
