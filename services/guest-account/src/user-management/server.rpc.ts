import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type {
  DeleteUserManagementServerRequest, GetUserManagementServerRequest, PutUserManagementServerRequest, TestUserManagementServerRequest, UserManagementServerSchema, UserManagementServerService, UserManagementStatusSchema,
} from '@inkpost/contracts/admin/v1/user_management_server_pb.js';
import type { TestBudget } from '@inkpost/server-connection/test-budget.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { notFound } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { checkServerSettings } from './check-settings.js';
import type { CurrentServer } from './current-server.js';
import type { ServerSettings, StoredServer } from './server-settings.js';
import { type ServerStatus, STATUS_TEXTS } from './server-status.js';
import type { ServerStore } from './server.store.js';
import type { TestServer } from './test-server.js';

export interface UserManagementServerRpcParts {
  readonly store: ServerStore;
  readonly current: CurrentServer;
  readonly test: TestServer;
  readonly budget: TestBudget;
  readonly log: Log;
}

/** One's own guest base lies in this service's own database: while it answers at all, so does that. */
const OWN: ServerStatus = { state: 'operational', problem: '', since: undefined };

/** The server used for user management, for administrators (SKY-039 to SKY-043, SKY-054 to SKY-060). */
export class UserManagementServerRpc implements ServiceImpl<typeof UserManagementServerService> {
  constructor(private readonly parts: UserManagementServerRpcParts) {}

  async getUserManagementServer(_request: GetUserManagementServerRequest, context: HandlerContext) {
    authorize(context, 'configuration.read');
    return this.answer();
  }

  async putUserManagementServer({ settings, version }: PutUserManagementServerRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    const { server: before } = await this.parts.store.load();
    const checked = checkServerSettings(settings, before);
    // What is stored is looked at, as in a test.
    return this.parts.budget.spend(actor, async () => {
      // A password that stays belongs to the settings that it was checked against.
      const outcome = await this.parts.store.write(checked, version === 0 && checked.password === undefined ? (before?.version ?? 0) : version);
      if (outcome !== 'written') throw new ConnectError('Somebody changed these settings meanwhile: read them again and repeat the change.', Code.Aborted);
      const { address, port, account } = checked.settings;
      this.parts.log.info('user management server set', { address, port, account, actor });
      return this.answer();
    });
  }

  async deleteUserManagementServer(_request: DeleteUserManagementServerRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    if ((await this.parts.store.remove()) === 'missing') throw noServer();
    this.parts.log.info('user management server deleted', { actor });
    return {};
  }

  async testUserManagementServer({ settings }: TestUserManagementServerRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    const { server } = await this.parts.store.load();
    const tried = settings ? checkServerSettings(settings, server) : undefined;
    const wanted: ServerSettings | undefined = tried?.settings ?? server;
    if (!wanted) throw noServer();
    return this.parts.budget.spend(actor, async () => {
      const steps = await this.parts.test(wanted, () => tried?.password ?? (server ? this.parts.store.passwordOf(server) : ''), context.signal);
      const failed = steps.find(({ outcome }) => outcome === 'failed');
      this.parts.log.info('user management server tested', { address: wanted.address, port: wanted.port, account: wanted.account, failedStep: failed?.step, actor });
      return { passed: !failed, steps: steps.map((step) => ({ ...step })) };
    });
  }

  private async answer() {
    const { revision, server } = await this.parts.store.load();
    const status = toStatusWire((await this.parts.current.status(revision)) ?? OWN);
    return server ? { server: toServerWire(server), status } : { status };
  }
}

function noServer(): ConnectError {
  return notFound('server for user management', 'other than this one');
}

function toServerWire({ address, secure, port, account, certificateAuthority, certificateSha256, changedAt, version }: StoredServer): MessageInitShape<typeof UserManagementServerSchema> {
  return { settings: { address, secure, port, account, certificateAuthority, certificateSha256 }, passwordStored: true, changedAt: timestampFromDate(changedAt), version };
}

function toStatusWire({ state, problem, since }: ServerStatus): MessageInitShape<typeof UserManagementStatusSchema> {
  const { en: textEn, fr: textFr } = STATUS_TEXTS[state];
  return { state, textEn, textFr, problem, ...(since ? { since: timestampFromDate(since) } : {}) };
}
