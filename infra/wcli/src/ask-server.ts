import type { DomainAnswer } from '@inkpost/contracts/domain/v1/admission_pb.js';
import { ProvenServer } from '@inkpost/admission/proven-server.js';
import { reachServer } from '@inkpost/admission/reach-server.js';
import type { Command, CommandContext } from './command.js';
import { callable } from './own-machine.js';
import { domainJson, serverTable, statusLines } from './show-domain.js';

const SERVER = ['[/server=<address>]', '[/password=<maintenance password>]'] as const;
const THIS_MACHINE = '127.0.0.1';

type ServerCommand = NonNullable<Parameters<ProvenServer['domain']>[0]['command']>;

async function ask<T>(context: CommandContext, act: (server: ProvenServer) => Promise<T>): Promise<T> {
  const { uri } = await callable(context.get('server') ?? THIS_MACHINE);
  context.say(`Connecting to server at ${uri}...`);
  const server = await reachServer(uri);
  try {
    context.say(`Connected to server ${server.information.name} (${server.information.serverId})`);
    return await act(new ProvenServer(server, await context.password()));
  } finally {
    server.close();
  }
}

async function askOfDomain(context: CommandContext, command: ServerCommand): Promise<DomainAnswer> {
  return ask(context, (server) => server.domain({ command }));
}

export const STATUS: Command = {
  summary: 'shows what a server is: single, master or slave, and of which domain',
  parameters: SERVER,
  async run(context) {
    const answer = await askOfDomain(context, { case: 'readDomain', value: {} });
    statusLines(answer).forEach((line) => context.say(line));
    return { json: domainJson(answer) };
  },
};

export const LIST: Command = {
  summary: 'lists the servers of the domain that a server is in',
  parameters: SERVER,
  async run(context) {
    const answer = await askOfDomain(context, { case: 'readDomain', value: {} });
    if (answer.membership) serverTable(answer.membership.members, new Date()).forEach((line) => context.say(line));
    else context.say(`Server ${answer.serverName} is in no domain.`);
    return { json: domainJson(answer) };
  },
};

export const DIFF: Command = {
  summary: 'shows, asked of the master, what its slaves have not as it has it',
  parameters: [...SERVER, '[/slave=<server id>]'],
  async run(context) {
    const { servers } = await ask(context, (server) => server.differences({ command: { case: 'readDifferences', value: { serverId: context.get('slave') ?? '' } } }));
    for (const { name, serverId, wasHeard, differences } of servers) {
      context.say(`${name} (${serverId}): ${wasHeard ? (differences.length === 0 ? 'as the master' : `${differences.length} ${differences.length === 1 ? 'object differs' : 'objects differ'}`) : 'not heard of since the master started; GET /api/v0/domain/replication there says why it is not reached'}`);
      for (const each of differences) context.say(`  ${each.difference.padEnd(9)} ${each.kind} ${each.name} (${each.objectId})${each.problem === '' ? '' : `: ${each.problem}`}`);
    }
    if (servers.length === 0) context.say('The domain has no slaves.');
    return { json: { servers: servers.map(({ serverId, name, wasHeard, differences }) => ({ serverId, name, wasHeard, differences: differences.map(({ kind, objectId, name: objectName, difference, problem }) => ({ kind, objectId, name: objectName, difference, problem })) })) } };
  },
};

export const PUSH: Command = {
  summary: 'has the master call its slaves now, and compare them object by object',
  parameters: [...SERVER, '[/slave=<server id>]'],
  async run(context) {
    const { servers } = await ask(context, (server) => server.push({ command: { case: 'push', value: { serverId: context.get('slave') ?? '' } } }));
    context.say(`${servers} ${servers === 1 ? 'slave is' : 'slaves are'} compared: at once, or in mailbox mode with the next call of each`);
    return { json: { servers } };
  },
};

export const PROMOTE: Command = {
  summary: 'makes a slave the master: of a master that is lost, or (asked of the master, with /to) in its place',
  parameters: [...SERVER, '[/to=<server id>]', '[/force]'],
  async run(context) {
    const to = context.get('to') ?? '';
    const question = to === '' ? 'The master that the domain has is taken for lost: when it comes back it becomes a slave. Promote this server ? [y/n]' : 'Hand the place of the master over ? [y/n]';
    if (!(await agreed(context, question))) return { json: { promoted: false }, exitCode: 3 };
    const answer = await askOfDomain(context, { case: 'promote', value: { serverId: to } });
    context.say(`Server ${answer.serverName} is now a '${answer.role.toUpperCase()}' server`);
    return { json: { promoted: true, ...domainJson(answer) } };
  },
};

export const LEAVE: Command = {
  summary: 'takes a slave out of its domain; what it received stays with it as its own',
  parameters: [...SERVER, '[/force]'],
  async run(context) {
    const isForced = context.get('force') !== undefined;
    if (!(await agreed(context, 'The server follows its master no longer. Leave the domain ? [y/n]'))) return { json: { left: false }, exitCode: 3 };
    // Forced: also where the master is lost and can't hear of it.
    const answer = await askOfDomain(context, { case: 'leaveDomain', value: { withoutMaster: isForced } });
    context.say(`Server ${answer.serverName} is now a '${answer.role.toUpperCase()}' server`);
    return { json: { left: true, ...domainJson(answer) } };
  },
};

async function agreed(context: CommandContext, question: string): Promise<boolean> {
  if (context.get('force') === undefined) return context.confirm(question);
  context.say(question);
  return true;
}
