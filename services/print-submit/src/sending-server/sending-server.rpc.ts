import { X509Certificate } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type {
  DeleteSendingServerRequest, GetSendingServerRequest, PutSendingServerRequest, SendingServerSchema, SendingServerService, SendingServerStatusSchema, TestSendingServerRequest,
} from '@inkpost/contracts/admin/v1/sending_server_pb.js';
import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import { TestBudget } from '@inkpost/server-connection/test-budget.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { notFound } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { sendingLimits } from '../limits.js';
import type { LocationStore } from '../locations/location.store.js';
import { checkServerSettings } from './check-settings.js';
import type { CurrentSendingServer } from './current-sending-server.js';
import type { SendingServerStore } from './sending-server.store.js';
import type { StoredSendingServer } from './sending-settings.js';
import { type SendingStatus, STATUS_TEXTS } from './sending-status.js';
import { testSendingServer } from './test-sending-server.js';

export interface SendingServerRpcParts {
  readonly store: SendingServerStore;
  readonly current: CurrentSendingServer;
  readonly locations: Pick<LocationStore, 'ofServer'>;
  readonly rules: AddressRules;
  readonly log: Log;
  /** The settings changed: jobs may go on. */
  readonly onChanged: () => void;
}

const HERE: SendingStatus = { state: 'operational', problem: '', since: undefined };
const NOWHERE: SendingStatus = { state: 'unknown-location', problem: 'Documents are printed here, and nobody said where this server stands.', since: undefined };

/** The server used for sending documents, for administrators (SKY-034 to SKY-038, SKY-046 to SKY-053). */
export class SendingServerRpc implements ServiceImpl<typeof SendingServerService> {
  private readonly budget = new TestBudget(sendingLimits.testBudget);

  constructor(private readonly parts: SendingServerRpcParts) {}

  async getSendingServer(_request: GetSendingServerRequest, context: HandlerContext) {
    authorize(context, 'configuration.read');
    return this.answer();
  }

  async putSendingServer({ settings, version }: PutSendingServerRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    const { server: before } = await this.parts.store.load();
    const checked = checkServerSettings(settings, before);
    // What is stored is looked at, as in a test.
    return this.budget.spend(actor, async () => {
      // A password that stays belongs to the settings that it was checked against.
      const outcome = await this.parts.store.write(checked, version === 0 && checked.password === undefined ? (before?.version ?? 0) : version);
      if (outcome !== 'written') throw new ConnectError('Somebody changed these settings meanwhile: read them again and repeat the change.', Code.Aborted);
      const { address, port, account } = checked.settings;
      this.parts.log.info('sending server set', { address, port, account, actor });
      this.parts.onChanged();
      return this.answer();
    });
  }

  async deleteSendingServer(_request: DeleteSendingServerRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    if ((await this.parts.store.remove()) === 'missing') throw noServer();
    this.parts.log.info('sending server deleted', { actor });
    this.parts.onChanged();
    return {};
  }

  async testSendingServer({ settings }: TestSendingServerRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    const { server } = await this.parts.store.load();
    // No password is sent in a test, so none has to be known.
    const wanted = settings ? checkServerSettings({ ...settings, password: settings.password ?? 'unused' }, server).settings : server;
    if (!wanted) throw noServer();
    return this.budget.spend(actor, async () => {
      const steps = await testSendingServer(wanted, this.parts.rules, context.signal);
      const failed = steps.find(({ outcome }) => outcome === 'failed');
      this.parts.log.info('sending server tested', { address: wanted.address, port: wanted.port, failedStep: failed?.step, actor });
      return { passed: !failed, steps: steps.map((step) => ({ ...step })) };
    });
  }

  private async answer() {
    const { store, current, locations } = this.parts;
    const { revision, server } = await store.load();
    if (!server) return { status: toStatusWire((await locations.ofServer()) ? HERE : NOWHERE) };
    return { server: toServerWire(server), status: toStatusWire((await current.status(revision)) ?? HERE) };
  }
}

function noServer(): ConnectError {
  return notFound('server for sending documents', 'other than this one');
}

function toServerWire({ address, secure, port, account, certificateAuthority, pinnedCertificate, queueId, location, createGuests, changedAt, version }: StoredSendingServer): MessageInitShape<typeof SendingServerSchema> {
  const pinned = pinnedCertificate === '' ? undefined : new X509Certificate(pinnedCertificate);
  return {
    settings: { address, secure, port, account, certificateAuthority, queueId, location, createGuests, ...(pinned ? { pinnedCertificate: new Uint8Array(pinned.raw) } : {}) }, pinnedSha256: pinned?.fingerprint256 ?? '',
    passwordStored: true, changedAt: timestampFromDate(changedAt), version,
  };
}

function toStatusWire({ state, problem, since }: SendingStatus): MessageInitShape<typeof SendingServerStatusSchema> {
  const { en: textEn, fr: textFr } = STATUS_TEXTS[state];
  return { state, textEn, textFr, problem, ...(since ? { since: timestampFromDate(since) } : {}) };
}
