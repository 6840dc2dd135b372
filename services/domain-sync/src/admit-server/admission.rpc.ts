import { fromBinary, toBinary, create, type MessageInitShape } from '@bufbuild/protobuf';
import { type Client, Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { MaintenanceProofService } from '@inkpost/contracts/admin/v1/maintenance_proof_pb.js';
import { type ActRequest, type AdmissionService, type AdmitRequest, AnswerSchema, type Command, CommandSchema, type StartProofRequest } from '@inkpost/contracts/domain/v1/admission_pb.js';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { callerOf } from '@inkpost/service/control-listener.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { ProvenChannel } from '@inkpost/trust/password-proof.js';
import { DOOR_CERTIFICATE_HEADER, SOURCE_HEADER } from '../answer-servers/peer.js';
import type { AdmissionStore } from './admission.store.js';
import type { AdmitServer } from './admit-server.js';

type AnswerInit = NonNullable<MessageInitShape<typeof AnswerSchema>['answer']>;

export interface AdmissionRpcParts {
  readonly passwords: Client<typeof MaintenanceProofService>;
  readonly admissions: AdmissionStore;
  readonly admit: AdmitServer;
  /** What is wanted by whoever proved the password. `certificateSha256`: of the door that was proven to. */
  readonly obey: (command: Command, certificateSha256: string) => Promise<AnswerInit>;
  readonly log: Log;
}

/** The door between servers, for who is no member. */
export class AdmissionRpc implements ServiceImpl<typeof AdmissionService> {
  constructor(private readonly parts: AdmissionRpcParts) {}

  async startProof({ opaqueRequest }: StartProofRequest, context: HandlerContext) {
    callerOf(context);
    const { passwords, admissions } = this.parts;
    const { outcome, opaqueResponse, state, retryAfterSeconds } = await passwords.startProof({ opaqueRequest, source: sourceOf(context) });
    if (outcome === 'locked-out') throw new ConnectError(`Too many wrong passwords were tried. Try again in ${retryAfterSeconds} seconds.`, Code.ResourceExhausted);
    if (outcome !== 'started') throw new ConnectError('The maintenance password of this server was not chosen yet, or not used since domains are known: sign in there as maintenance once.', Code.FailedPrecondition);
    return { proofId: await admissions.keepProof(state), opaqueResponse };
  }

  async act({ proofId, opaqueFinish, sealedCommand }: ActRequest, context: HandlerContext) {
    callerOf(context);
    const { passwords, admissions, log } = this.parts;
    const source = sourceOf(context);
    const state = await admissions.takeProof(proofId);
    if (state === undefined) throw new ConnectError('This proof was used already, or took too long: begin anew.', Code.Unauthenticated);
    const { outcome, sessionKey } = await passwords.finishProof({ state, opaqueFinish, source });
    if (outcome !== 'proven') throw new ConnectError('The maintenance password is another one.', Code.Unauthenticated);
    const certificateSha256 = context.requestHeader.get(DOOR_CERTIFICATE_HEADER) ?? '';
    const channel = new ProvenChannel(sessionKey, certificateSha256);
    const opened = channel.open('command', sealedCommand);
    if (!opened) {
      log.warning('a proven command came through somebody in between', { source });
      throw new ConnectError('The certificate that you see is not the one that is shown here: somebody is in between.', Code.PermissionDenied);
    }
    const command = fromBinary(CommandSchema, opened);
    log.info('command of who proved the maintenance password', { command: command.command.case ?? 'unknown', source });
    const answer = await this.parts.obey(command, certificateSha256).catch(refusalOf);
    return { sealedAnswer: channel.seal('answer', toBinary(AnswerSchema, create(AnswerSchema, { answer }))) };
  }

  async admit(request: AdmitRequest, context: HandlerContext) {
    callerOf(context);
    return this.parts.admit.admit(request, sourceOf(context));
  }
}

function sourceOf({ requestHeader }: HandlerContext): string {
  return requestHeader.get(SOURCE_HEADER) ?? '';
}

function refusalOf(error: unknown): AnswerInit {
  if (!(error instanceof PermanentFailure)) throw error;
  return { case: 'refusal', value: { code: error.code.replace(/^\w+\./, ''), reason: error.message } };
}
