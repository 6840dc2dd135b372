import type { MessageInitShape } from '@bufbuild/protobuf';
import type { People as WirePeople, Restrictions as WireRestrictions, RestrictionsSchema } from '@inkpost/contracts/admin/v1/queue_groups_pb.js';
import { checkMessage, checkTexts, checkTime, firstProblem, type RuleProblem, wireTime, WrongField } from '../filters/check-fields.js';
import { restrictionLimits } from '../limits.js';
import type { People, Restrictions } from './restrictions.js';

/** The restrictions as they are stored, or the first problem. */
export function checkRestrictions(wire: WireRestrictions | undefined): Restrictions | RuleProblem {
  if (!wire) return {};
  return firstProblem(() => {
    const { color, pagesMax, sizeMaxBytes } = wire;
    const [allowed, denied] = [checkPeople('restrictions.allowed', wire.allowed), checkPeople('restrictions.denied', wire.denied)];
    if (wire.hours.length > restrictionLimits.hoursMax) throw new WrongField('restrictions.hours', `must be at most ${restrictionLimits.hoursMax}`);
    const hours = wire.hours.map((window, index) => checkTime(`restrictions.hours.${index}`, window));
    if (color !== '' && color !== 'refused' && color !== 'monochrome') throw new WrongField('restrictions.color', 'must be refused or monochrome, or empty');
    const message = checkMessage('restrictions.message', wire.message);
    return {
      ...(allowed ? { allowed } : {}), ...(denied ? { denied } : {}), ...(hours.length > 0 ? { hours } : {}), ...(pagesMax > 0 ? { pagesMax } : {}), ...(sizeMaxBytes > 0n ? { sizeMaxBytes: Number(sizeMaxBytes) } : {}),
      ...(color === '' ? {} : { color }), ...(message === '' ? {} : { message }),
    };
  });
}

/** Undefined: nobody is named. */
function checkPeople(field: string, wire: WirePeople | undefined): People | undefined {
  const users = checkTexts(`${field}.users`, wire?.users ?? []).map((user) => user.toLowerCase());
  const [groups, directories] = [checkTexts(`${field}.groups`, wire?.groups ?? []), checkTexts(`${field}.directories`, wire?.directories ?? [])];
  return users.length + groups.length + directories.length === 0 ? undefined : { users, groups, directories };
}

export function wireRestrictions({ allowed, denied, hours = [], pagesMax = 0, sizeMaxBytes = 0, color, message = '' }: Restrictions): MessageInitShape<typeof RestrictionsSchema> {
  return { ...(allowed ? { allowed: wirePeople(allowed) } : {}), ...(denied ? { denied: wirePeople(denied) } : {}), hours: hours.map(wireTime), pagesMax, sizeMaxBytes: BigInt(sizeMaxBytes), color: color ?? '', message };
}

function wirePeople({ users, groups, directories }: People) {
  return { users: [...users], groups: [...groups], directories: [...directories] };
}
