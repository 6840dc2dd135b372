import { createMaster, createSlave, type Progress } from '@inkpost/admission/form-domain.js';
import type { Command, CommandContext } from './command.js';
import { domainJson } from './show-domain.js';
import { callable } from './own-machine.js';

const DEFAULT_DOMAIN = 'WATCHDOCDOM';

/** The lines of CLI-005 and CLI-007. */
function showing({ say }: CommandContext, master: string | undefined, more: (step: Parameters<Progress>[0]) => void): Progress {
  return (step) => {
    if (step.step === 'connecting') say(`Connecting to ${step.uri === master ? 'master server' : 'server'} at ${step.uri}...`);
    if (step.step === 'connected') say(`Connected to server ${step.serverName} (${step.serverId})`);
    more(step);
  };
}

export const CREATEMASTER: Command = {
  summary: 'makes a server that stands for itself the master of a new domain',
  parameters: ['/master=<address>', '[/password=<maintenance password>]', '[/name=<domain>]', '[/description=<text>]'],
  async run(context) {
    const name = context.get('name') ?? DEFAULT_DOMAIN;
    const master = context.need('master');
    const { uri, knownAs } = await callable(master);
    const tell = showing(context, undefined, ({ step }) => {
      if (step === 'connected') context.say(`Trying to promote single server ${master} to Master of new domain '${name}'...`);
    });
    const answer = await createMaster({ masterUri: uri, masterKnownAs: knownAs, password: await context.password(), name, description: context.get('description') ?? '' }, tell);
    context.say('Master Creation completed successfully');
    return { json: domainJson(answer) };
  },
};

export const CREATESLAVE: Command = {
  summary: 'makes a server that stands for itself a slave of a master',
  parameters: ['/master=<address>', '/slave=<address>', '[/password=<maintenance password>]'],
  async run(context) {
    const slaveAs = context.need('slave');
    const [master, slave] = await Promise.all([callable(context.need('master')), callable(slaveAs)]);
    const tell = showing(context, master.uri, (step) => {
      if (step.step === 'joining') context.say(`Trying to join server ${slaveAs} to domain ${step.domainName} ...`);
    });
    const answer = await createSlave({ masterUri: master.uri, slaveUri: slave.uri, masterKnownAs: master.knownAs, slaveKnownAs: slave.knownAs, password: await context.password() }, tell);
    context.say('Slave Creation completed successfully');
    return { json: domainJson(answer) };
  },
};
