import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { AdmissionService, AnswerSchema, CommandSchema, type DifferencesAnswer, type DomainAnswer, type PushAnswer, type TicketAnswer } from '@inkpost/contracts/domain/v1/admission_pb.js';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { beginProof, ProvenChannel } from '@inkpost/trust/password-proof.js';
import type { ReachedServer } from './reach-server.js';

const CALL_MS = 45_000;

type CommandInit = MessageInitShape<typeof CommandSchema>;

/**
 * Has a server do something, and proves with it that one knows the maintenance password, without telling it to whoever may answer there. The password is proven anew with each command.
 * Throws the PermanentFailures `admission.wrong-password`, `admission.locked-out`, `admission.no-password`, `admission.foreign-certificate`, `admission.unreachable`, and those that the
 * server refuses with, `admission.<its code>`: see `Refusal` in admission.proto.
 */
export class ProvenServer {
  constructor(
    private readonly server: ReachedServer,
    private readonly password: string,
  ) {}

  async domain(command: CommandInit): Promise<DomainAnswer> {
    const { answer } = await this.act(command);
    if (answer.case !== 'domain') throw notUnderstood(this.server.uri);
    return answer.value;
  }

  async ticket(command: CommandInit): Promise<TicketAnswer> {
    const { answer } = await this.act(command);
    if (answer.case !== 'ticket') throw notUnderstood(this.server.uri);
    return answer.value;
  }

  async differences(command: CommandInit): Promise<DifferencesAnswer> {
    const { answer } = await this.act(command);
    if (answer.case !== 'differences') throw notUnderstood(this.server.uri);
    return answer.value;
  }

  async push(command: CommandInit): Promise<PushAnswer> {
    const { answer } = await this.act(command);
    if (answer.case !== 'push') throw notUnderstood(this.server.uri);
    return answer.value;
  }

  private async act(command: CommandInit) {
    const { uri, agent, certificateSha256 } = this.server;
    const client = createClient(AdmissionService, createConnectTransport({ httpVersion: '1.1', baseUrl: `${new URL(uri).origin}/dsp/v1`, nodeOptions: { agent }, defaultTimeoutMs: CALL_MS }));
    try {
      const proof = await beginProof(this.password);
      const { proofId, opaqueResponse } = await client.startProof({ opaqueRequest: proof.request });
      const done = proof.finish(opaqueResponse);
      if (!done) throw wrongPassword(uri);
      const channel = new ProvenChannel(done.sessionKey, certificateSha256);
      const sealedCommand = channel.seal('command', toBinary(CommandSchema, create(CommandSchema, command)));
      const { sealedAnswer } = await client.act({ proofId, opaqueFinish: done.finish, sealedCommand });
      const opened = channel.open('answer', sealedAnswer);
      if (!opened) throw notUnderstood(uri);
      const answer = fromBinary(AnswerSchema, opened);
      if (answer.answer.case === 'refusal') throw new PermanentFailure(`admission.${answer.answer.value.code}`, answer.answer.value.reason);
      return answer;
    } catch (error) {
      throw error instanceof ConnectError ? explain(error, uri) : error;
    }
  }
}

export function wrongPassword(uri: string): PermanentFailure {
  return new PermanentFailure('admission.wrong-password', `The maintenance password is not that of ${uri}: all servers of a domain have the same one.`);
}

function notUnderstood(uri: string): PermanentFailure {
  return new PermanentFailure('admission.not-inkpost', `The answer of ${uri} is not understood.`);
}

/** What the server says before a proof stands; anything else is a connection that broke. */
const SAID_BEFORE: Partial<Record<Code, string>> = {
  [Code.ResourceExhausted]: 'admission.locked-out',
  [Code.FailedPrecondition]: 'admission.no-password',
  [Code.PermissionDenied]: 'admission.foreign-certificate',
};

function explain(error: ConnectError, uri: string): PermanentFailure {
  if (error.code === Code.Unauthenticated) return wrongPassword(uri);
  const said = SAID_BEFORE[error.code];
  if (said !== undefined) return new PermanentFailure(said, `${uri}: ${error.rawMessage}`);
  return new PermanentFailure('admission.unreachable', `${uri} is not reached: ${error.rawMessage}`, { cause: error, fields: { uri, reason: error.rawMessage } });
}
