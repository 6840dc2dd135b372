import type { MessageInitShape } from '@bufbuild/protobuf';
import { ConnectError } from '@connectrpc/connect';
import { GuestService } from '@inkpost/contracts/admin/v1/guests_pb.js';
import { FieldProblemSchema } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';
import { DirectoryPeopleService, type DirectorySettingsSchema, DirectoryService } from '@inkpost/contracts/admin/v1/directories_pb.js';
import type { SlapdServer } from '@inkpost/testkit/slapd-server.js';
import { settingsFor } from '../adapters/ldap/ldap-places.harness.js';
import { type Fact, GuestAccountHarness } from '../guest-account.harness.js';

export type Settings = MessageInitShape<typeof DirectorySettingsSchema>;
type Service = Awaited<ReturnType<GuestAccountHarness['startService']>>;

const clientsOf = ({ client }: Service) => ({
  directories: client(DirectoryService, 'configuration.read', 'configuration.write'),
  people: client(DirectoryPeopleService, 'configuration.read', 'configuration.write'),
  guests: client(GuestService, 'guests.read', 'guests.add', 'guests.edit', 'guests.delete'),
});

/** The service with its directories in the test's hands. */
export class DirectoriesHarness {
  private constructor(
    readonly base: GuestAccountHarness,
    public service: Service,
    public clients: ReturnType<typeof clientsOf>,
  ) {}

  /** `env`: of the service, besides what every test needs. */
  static async start(env: Readonly<Record<string, string>> = {}): Promise<DirectoriesHarness> {
    const base = await GuestAccountHarness.start();
    const service = await base.startService(env);
    return new DirectoriesHarness(base, service, clientsOf(service));
  }

  /** Another process in place of the first one. */
  async startAgain(): Promise<void> {
    this.service = await this.base.startService();
    this.clients = clientsOf(this.service);
  }

  async add(settings: Settings): Promise<string> {
    const { directory } = await this.clients.directories.createDirectory({ settings });
    return directory?.directoryId ?? '';
  }

  async remove(directoryId: string): Promise<void> {
    await this.clients.directories.deleteDirectory({ directoryId });
  }

  async setMembers(...members: string[]): Promise<void> {
    await this.clients.directories.updateDirectory({ directoryId: 'meta', settings: { name: 'META', kind: 'meta', meta: { members } } });
  }

  async setDefault(directoryId: string): Promise<void> {
    const { directory } = await this.clients.directories.getDirectory({ directoryId });
    await this.clients.directories.updateDirectory({ directoryId, settings: { ...directory?.settings, isDefault: true } as Settings });
  }

  /** What follows from a message, but for facts about accounts. */
  async outcome(messageId: string): Promise<Fact[]> {
    return (await this.base.facts(messageId)).filter(({ subject }) => subject !== 'account.changed.v1');
  }

  /** A message to this service as administrators see it among the troubled ones; undefined: handled. */
  async troubled(messageId: string): Promise<{ readonly state: string; readonly attempts: number; readonly waits: boolean; readonly reason: string } | undefined> {
    const { rows: [row] } = await this.base.superuser.query("SELECT state, attempts, waits > 0 AS waits, reason FROM flow.message WHERE journey_id = $1 AND consumer = 'guest_account'", [messageId]);
    return row;
  }

  async stop(): Promise<void> {
    await this.base.stop();
  }
}

/** Settings of kind ldap for a server of the test kit. */
export function ldapOf(server: SlapdServer, more: Parameters<typeof settingsFor>[1] = {}) {
  const { mailAttributes, ...ldap } = settingsFor(server, more);
  return { ...ldap, mailAttributes: [...mailAttributes], password: server.servicePassword };
}

/** Code and words, and for an invalid argument the field. */
export async function refusal(call: Promise<unknown>) {
  const error = await call.then(() => { throw new Error('it was not refused'); }, (reason: unknown) => ConnectError.from(reason));
  return { code: error.code, field: error.findDetails(FieldProblemSchema)[0]?.field, message: error.rawMessage };
}
