import { fault, type Finding, passed, runSteps, skipped, type Step, type StepResult } from '@inkpost/server-connection/run-steps.js';
import type { DirectoryConfiguration, StoredDirectory } from '../directories/directory.js';
import { askDirectories } from '../find-person/ask-directories.js';
import type { LiveDirectories } from '../find-person/live-directories.js';
import { TEST_MAX_MS, TEST_STEP_MAX_MS } from '../limits.js';
import type { DirectoryPerson, Found, PeopleDirectory, WayStep } from '../ports/directory.port.js';
import type { CountedPasswordCheck } from '../sign-in/counted-password-check.js';
import type { WantedPerson } from './check-wanted.js';

export type TestStep = WayStep | 'address' | 'login' | 'password';

export interface FoundInTest {
  /** The name of the directory that answered. */
  readonly directory: string;
  readonly person: DirectoryPerson;
  readonly groups: readonly string[];
}

export interface DirectoryTestResult {
  readonly steps: readonly StepResult<TestStep>[];
  readonly found: FoundInTest | undefined;
}

interface MetaInTest {
  readonly configuration: DirectoryConfiguration;
  readonly members: readonly string[];
  readonly guests: PeopleDirectory;
}

const SILENCE = 'The directory is silent.';

/** Tests directories: what of the way to their people doesn't work, and why (V-11). Changes nothing in them, and asks anew what mails remember. */
export class DirectoryTests {
  constructor(
    private readonly live: LiveDirectories,
    /** The guest base that holds as of this revision: one's own, or another server's. */
    private readonly guestsAt: (revision: number) => Promise<PeopleDirectory>,
    private readonly checkPassword: CountedPasswordCheck,
  ) {}

  /** Throws the reason of `signal` when nobody waits any more. */
  async run(directory: StoredDirectory, configuration: DirectoryConfiguration, wanted: WantedPerson, signal: AbortSignal): Promise<DirectoryTestResult> {
    const guests = await this.guestsAt(configuration.revision);
    const test = directory.settings.kind === 'meta' ? this.testOfMeta({ configuration, members: directory.settings.members, guests }, wanted) : this.testOfOne(directory, guests, wanted);
    try {
      const steps = await runSteps(test.steps, AbortSignal.any([signal, AbortSignal.timeout(TEST_MAX_MS)]));
      signal.throwIfAborted();
      return { steps, found: test.found() };
    } finally {
      await test.close();
    }
  }

  private testOfOne(directory: StoredDirectory, guests: PeopleDirectory, { address, login, password }: WantedPerson) {
    const live = this.live.live(directory);
    const people = live?.people ?? guests;
    const way = people.testWay();
    let found: FoundInTest | undefined;
    const note = async (answer: Found, absence: string): Promise<Finding> => {
      if (answer.kind === 'nobody') return passed(absence);
      if (answer.kind === 'ambiguous') throw fault(`Several people are found, ${answer.logins.join(', ')}: nobody can say whose account it is. Mails from this address are refused until one of them has it alone.`);
      found = { directory: directory.name, person: answer.person, groups: await people.groupsOf(answer.person) };
      return passed(describePerson(answer.person));
    };
    const steps: readonly Step<TestStep>[] = [
      ...way.steps,
      step('address', async () => {
        if (address === '') return skipped('No address is given.');
        live?.forget(address);
        return note(await people.findByAddress(address), `Nobody here has the address ${address}.`);
      }),
      step('login', async () => (login === '' ? skipped('No login is given.') : note(await people.findByLogin(login), `Nobody here has the login ${login}.`))),
      step('password', async () => {
        if (password === '') return skipped('No password is given.');
        if (people.noPasswords !== undefined) throw fault(people.noPasswords);
        if (!(await this.checkPassword(people, login, password))) throw fault('The password is refused, or nobody signs in with this login.');
        return passed('The password is right.');
      }),
    ];
    return { steps, found: () => found, close: () => way.close() };
  }

  /** As a mail asks them; each member has a test of its own for more. */
  private testOfMeta({ configuration: { directories }, members, guests }: MetaInTest, { address }: WantedPerson) {
    let found: FoundInTest | undefined;
    const steps: readonly Step<TestStep>[] = [
      step('address', async () => {
        if (address === '') return skipped('No address is given.');
        const order = members.flatMap((id) => directories.filter(({ directoryId }) => directoryId === id)).map((directory) => ({ name: directory.name, live: this.live.live(directory) }));
        for (const { live } of order) live?.forget(address);
        const lookup = await askDirectories(order, address, async () => {
          const guest = await guests.findByAddress(address);
          return guest.kind === 'found' ? guest.person : undefined;
        });
        const before = lookup.asked.length > 0 ? ` Asked before, in vain: ${lookup.asked.join(', ')}.` : '';
        switch (lookup.kind) {
          case 'nobody':
            return passed(`Nobody has the address ${address}.${before}`);
          case 'ambiguous':
            throw fault(`In ${lookup.directory} several people have it, ${lookup.logins.join(', ')}: nobody can say whose account it is.${before}`);
          case 'person':
          case 'guest':
          default: {
            const person = lookup.kind === 'person' ? lookup.person : lookup.guest;
            const people = order.find(({ name }) => name === lookup.directory)?.live?.people ?? guests;
            found = { directory: lookup.directory, person, groups: await people.groupsOf(person) };
            return passed(`${lookup.directory} answers. ${describePerson(person)}${before}`);
          }
        }
      }),
    ];
    return { steps, found: () => found, close: async () => undefined };
  }
}

function step(name: TestStep, run: () => Promise<Finding>): Step<TestStep> {
  return { name, withinMs: TEST_STEP_MAX_MS, silence: SILENCE, run };
}

function describePerson({ displayName, login, addresses, locked }: DirectoryPerson): string {
  return `${displayName || login} (${login}), ${addresses.join(', ') || 'without an address'}${locked ? '; locked, and may not print' : ''}.`;
}
