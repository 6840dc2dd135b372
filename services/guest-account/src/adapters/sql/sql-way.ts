import { ConnectionSteps, eachWithin } from '@inkpost/server-connection/connection-steps.js';
import { type Finding, passed, type Step } from '@inkpost/server-connection/run-steps.js';
import { columnsOf } from '../../directories/sql-settings.js';
import { TEST_STEP_MAX_MS } from '../../limits.js';
import type { WayStep, WayToDirectory } from '../../ports/directory.port.js';
import { askForTls } from './ask-for-tls.js';
import { boundQuery } from './bound-query.js';
import type { OpenSql, SqlConnection } from './sql-connection.js';
import type { SqlDirectoryParts } from './sql-directory.adapter.js';
import { sqlFailure } from './sql-failure.js';
import { checkColumns } from './sql-person.js';

const SILENCE = 'The server is silent: are engine, port and the choice of TLS right?';
/** Whom nobody can be (RFC 2606). */
const NOBODY = { address: 'nobody@inkpost.invalid', login: 'nobody.inkpost.invalid' } as const;

/** Takes the way that every question takes, one step at a time. The first three look at the server from outside, over a connection that ends with them. */
export class SqlWay implements WayToDirectory {
  private readonly outside: ConnectionSteps;
  private connection: SqlConnection | undefined;

  constructor(
    private readonly parts: SqlDirectoryParts,
    private readonly open: OpenSql,
  ) {
    const { settings, rules } = parts;
    const { host, port, tls, engine } = settings;
    this.outside = new ConnectionSteps({
      host, port, rules, withinMs: eachWithin(TEST_STEP_MAX_MS), silence: SILENCE,
      tls: tls === 'none' ? 'No TLS, by choice: the password and what is found can be read on their way.' : settings,
      askForTls: (socket, signal) => askForTls(engine, socket, signal),
    });
  }

  get steps(): readonly Step<WayStep>[] {
    const withinMs = TEST_STEP_MAX_MS;
    return [
      ...this.outside.steps,
      { name: 'sign-in', withinMs, silence: SILENCE, run: () => this.told(this.signIn()) },
      { name: 'query', withinMs, silence: 'Does the query look for something that is not indexed?', run: () => this.told(this.query()) },
    ];
  }

  async close(): Promise<void> {
    this.outside.close();
    this.connection?.close();
  }

  private async signIn(): Promise<Finding> {
    const { settings, password } = this.parts;
    this.connection = await this.open(settings, password());
    return passed(`${this.connection.server} lets ${settings.user} in to ${settings.database}.`);
  }

  /** Asks for somebody who isn't there: what the result's columns are, a server says even without rows. */
  private async query(): Promise<Finding> {
    const { connection, parts: { settings } } = this;
    if (!connection) throw new Error('nobody is signed in');
    const { columns } = await connection.ask(boundQuery(settings.addressQuery, 'address', settings), NOBODY.address);
    checkColumns(columns, settings);
    if (settings.loginQuery !== '') checkColumns((await connection.ask(boundQuery(settings.loginQuery, 'login', settings), NOBODY.login)).columns, settings);
    return passed(`The server understands the query; its result has ${columnsOf(settings).join(', ')}. Nothing can be written by it.`);
  }

  private async told<T>(work: Promise<T>): Promise<T> {
    return work.catch((error: unknown) => {
      throw sqlFailure(error);
    });
  }
}
