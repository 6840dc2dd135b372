import type { FoundOwner } from '@inkpost/contracts/admin/v1/owner_search_pb.js';
import type { Caller } from '@inkpost/service/rights.js';
import { present } from '../answer-route/fields.js';
import { Problem } from '../answer-route/problem.js';
import { as, type Owners } from '../call-owner/owners.js';

const RETRY_AFTER_SECONDS = 30;

/** Whom an address belongs to, as guest-account says. Throws the Problem that names the field, or that a directory is away. */
export async function findOwner(ownerSearch: Owners['ownerSearch'], address: string, caller: Caller): Promise<Omit<FoundOwner, '$typeName'>> {
  const { outcome, problem, owner } = await ownerSearch.findOwner({ address }, as(caller));
  if (outcome === 'found') {
    const { $typeName: _type, ...found } = present(owner, 'owner');
    return found;
  }
  if (outcome === 'waiting') throw new Problem('unavailable', problem, { retryAfterSeconds: RETRY_AFTER_SECONDS });
  throw new Problem('invalid-request', problem, { errors: [{ field: 'address', reason: 'must be of somebody whom a directory knows and who may print' }] });
}
