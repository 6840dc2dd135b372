import type { Client } from '@connectrpc/connect';
import type { MaintenanceProofService } from '@inkpost/contracts/admin/v1/maintenance_proof_pb.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { beginProof } from '@inkpost/trust/password-proof.js';

/** DOM-005: all servers have the same maintenance password, this one too. Counted as at a sign-in. Throws what an administrator is told. */
export async function proveLocally(passwords: Client<typeof MaintenanceProofService>, password: string, source: string): Promise<void> {
  const proof = await beginProof(password);
  const { outcome, opaqueResponse, state, retryAfterSeconds } = await passwords.startProof({ opaqueRequest: proof.request, source });
  if (outcome === 'locked-out') throw invalidField('password', `was tried too often: try again in ${retryAfterSeconds} seconds`);
  if (outcome !== 'started') throw invalidField('password', 'of this server was not chosen yet, or not used since domains are known: sign in as maintenance once');
  const done = proof.finish(opaqueResponse);
  const proven = done && (await passwords.finishProof({ state, opaqueFinish: done.finish, source }));
  if (proven?.outcome !== 'proven') throw invalidField('password', 'is not the maintenance password of this server: all servers of a domain have the same one');
}
