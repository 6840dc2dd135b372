import { PermanentFailure } from '@inkpost/failure/failure.js';
import type { Command } from './command.js';

/** Acts on the installation of this machine alone, and on nothing of the domain (CLI-008, CLI-009): for a server that has to stand for itself again, whatever the others say. */
export const SINGLEIFY: Command = {
  summary: 'makes the stopped master of this machine a server that stands for itself; its slaves hear nothing of it',
  parameters: ['[/force]'],
  async run({ get, say, confirm }) {
    const { withStoppedInstallation } = await installation();
    say('Please note that this will only update the XML file passed as parameter and will not do anything on the cluster!');
    const question = 'Are you sure you want to SINGLEIFY the local server ? [y/n]';
    if (get('force') !== undefined) say(question);
    else if (!(await confirm(question))) return { json: { changed: false }, exitCode: 3 };
    return withStoppedInstallation(process.env, {
      found: (status) => say(`Status found for service 'Watchdoc' with status : ${status}`),
      act: async ({ role, singleify }) => {
        say(`The server is found to be a '${role.toUpperCase()}' server`);
        if (role === 'single') return { json: { changed: false, role } };
        if (role === 'slave') throw new PermanentFailure('wcli.slave', 'SINGLEIFY is for a master. A slave leaves its domain with LEAVE, also without its master (/force).');
        await singleify();
        say('The server no longer has any info on the Domains node');
        say("The server is now a 'SINGLE' server");
        say('The configuration has been successfully updated & saved');
        say('You can now start the service properly');
        return { json: { changed: true, role: 'single' } };
      },
    });
  },
};

/** Only where an installation is: the bundle alone, on another machine, has none. */
async function installation() {
  try {
    return await import('@inkpost/suite/stopped-installation.js');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') {
      throw new PermanentFailure('wcli.no-installation', 'There is no Inkpost on this machine: SINGLEIFY is run in the folder, or in a container, of the server that it is meant for.', { cause: error });
    }
    throw error;
  }
}
