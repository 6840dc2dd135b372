import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { FinishProofRequest, MaintenanceProofService, StartProofRequest } from '@inkpost/contracts/admin/v1/maintenance_proof_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { sourceNetwork } from '@inkpost/service/source-network.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { answerProof, confirmProof } from '@inkpost/trust/password-proof.js';
import { OPAQUE_MESSAGE_LENGTH_MAX } from '../limits.js';
import { passwordAttempt } from './count-attempt.js';
import { MAINTENANCE_ACCOUNT } from './maintenance-account.js';
import type { MaintenanceProofStore } from './maintenance-proof.store.js';
import type { SignInDelayStore } from './sign-in-delay.store.js';

/** Whether another server knows the maintenance password; guesses are counted as at a sign-in. */
export class MaintenanceProofRpc implements ServiceImpl<typeof MaintenanceProofService> {
  constructor(
    private readonly proofs: MaintenanceProofStore,
    private readonly delays: SignInDelayStore,
    private readonly log: Log,
  ) {}

  /** The answer lets the other side try one password by itself: it counts as a wrong one until the second half comes. */
  async startProof({ opaqueRequest, source }: StartProofRequest, context: HandlerContext) {
    authorize(context, 'configuration.write');
    if (opaqueRequest.length > OPAQUE_MESSAGE_LENGTH_MAX) throw invalidField('opaqueRequest', 'is too long');
    const admission = await this.delays.count(attemptFrom(source));
    if (!admission.admitted) {
      this.log.warning('proof of the maintenance password refused', { reason: 'locked-out', source });
      return { outcome: 'locked-out', retryAfterSeconds: admission.retryAfterSeconds };
    }
    const record = await this.proofs.find();
    if (!record) {
      await this.delays.forgive(admission.attempts);
      return { outcome: 'no-password' };
    }
    const answer = await answerProof(record, opaqueRequest);
    if (!answer) throw invalidField('opaqueRequest', 'is none');
    return { outcome: 'started', opaqueResponse: answer.response, state: answer.state };
  }

  async finishProof({ state, opaqueFinish, source }: FinishProofRequest, context: HandlerContext) {
    authorize(context, 'configuration.write');
    const sessionKey = opaqueFinish.length > OPAQUE_MESSAGE_LENGTH_MAX ? undefined : await confirmProof(state, opaqueFinish);
    if (sessionKey === undefined) {
      this.log.warning('proof of the maintenance password refused', { reason: 'wrong', source });
      return { outcome: 'refused' };
    }
    await this.delays.forgive(attemptFrom(source).subjects(false));
    this.log.info('maintenance password proven', { source });
    return { outcome: 'proven', sessionKey };
  }
}

function attemptFrom(source: string) {
  return passwordAttempt(MAINTENANCE_ACCOUNT, sourceNetwork(source));
}
