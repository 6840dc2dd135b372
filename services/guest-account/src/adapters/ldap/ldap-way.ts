import type { Client } from 'ldapts';
import { ConnectionSteps, eachWithin } from '@inkpost/server-connection/connection-steps.js';
import { fault, type Finding, passed, skipped, type Step } from '@inkpost/server-connection/run-steps.js';
import { LDAP_PAGE_SIZE, LDAP_PEOPLE_COUNTED_MAX, TEST_COUNT_MAX_MS, TEST_STEP_MAX_MS } from '../../limits.js';
import type { WayStep, WayToDirectory } from '../../ports/directory.port.js';
import { bindLdap, closeLdap, connectLdap } from './ldap-connection.js';
import type { LdapDirectoryParts } from './ldap-directory.adapter.js';
import { ldapFailure } from './ldap-failure.js';
import { startTls } from './start-tls.js';

const SILENCE = 'The server is silent: is it an LDAP server, and are port and the choice of TLS right?';

/** Takes the way that every question takes, one step at a time. The first three look at the server from outside, over a connection that ends with them. */
export class LdapWay implements WayToDirectory {
  private readonly outside: ConnectionSteps;
  private client: Client | undefined;

  constructor(private readonly parts: LdapDirectoryParts) {
    const { settings, rules } = parts;
    const { host, port, tls } = settings;
    this.outside = new ConnectionSteps({
      host, port, rules, withinMs: eachWithin(TEST_STEP_MAX_MS), silence: SILENCE,
      tls: tls === 'none' ? 'No TLS, by choice: the password and what is found can be read on their way.' : settings,
      ...(tls === 'starttls' ? { askForTls: startTls } : {}),
    });
  }

  get steps(): readonly Step<WayStep>[] {
    return [
      ...this.outside.steps,
      { name: 'bind', withinMs: TEST_STEP_MAX_MS, silence: SILENCE, run: () => this.bind() },
      { name: 'people', withinMs: TEST_COUNT_MAX_MS, silence: 'The server takes too long to list its people: are objectClass and the mail attributes indexed there?', run: (signal) => this.countPeople(signal) },
    ];
  }

  async close(): Promise<void> {
    this.outside.close();
    if (this.client) await closeLdap(this.client);
  }

  private async bind(): Promise<Finding> {
    const { settings, password, rules } = this.parts;
    this.client = await connectLdap(settings, rules);
    if (settings.bindDn === '') return skipped('Nobody signs in, by choice: the directory is read as anybody may read it.');
    await bindLdap(this.client, settings.bindDn, password());
    return passed(`The server accepts ${settings.bindDn}.`);
  }

  private async countPeople(signal: AbortSignal): Promise<Finding> {
    const { client, parts: { settings: { baseDn, peopleFilter, mailAttributes } } } = this;
    if (!client) throw new Error('nobody is signed in');
    // Those without an address can't be found by one.
    const filter = `(&${peopleFilter}(|${mailAttributes.map((attribute) => `(${attribute}=*)`).join('')}))`;
    let people = 0;
    try {
      for await (const { searchEntries } of client.searchPaginated(baseDn, { filter, attributes: ['1.1'], paged: { pageSize: LDAP_PAGE_SIZE } })) {
        signal.throwIfAborted();
        people += searchEntries.length;
        if (people >= LDAP_PEOPLE_COUNTED_MAX) return passed(`At least ${people} people with an address below ${baseDn}.`);
      }
    } catch (error) {
      signal.throwIfAborted();
      throw ldapFailure(error);
    }
    if (people === 0) throw fault(`There is nobody with an address below ${baseDn}: are baseDn, peopleFilter and mailAttributes (${mailAttributes.join(', ')}) right, and may the account that searches read them?`);
    return passed(`${people} ${people === 1 ? 'person' : 'people'} with an address below ${baseDn}.`);
  }
}
