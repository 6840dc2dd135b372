import type { Filter as WireFilter, FilterAction as WireAction, FilterConditions as WireConditions } from '@inkpost/contracts/admin/v1/charging_pb.js';
import { COLOR_MODES } from '../finishing/finishing.js';
import { chargingLimits } from '../limits.js';
import { checkIdentifier, checkName } from '../queues/check-properties.js';
import { checkMessage, checkTexts, checkTime, firstProblem, type RuleProblem, WrongField } from './check-fields.js';
import type { Filter, FilterAction, FilterConditions } from './filter.js';

/** The filter as it is stored, or the first problem. */
export function checkFilter({ filterId, name, enabled, when, action }: WireFilter): Filter | RuleProblem {
  return firstProblem(() => {
    const identifierProblem = checkIdentifier(filterId);
    if (identifierProblem !== undefined) throw new WrongField('filterId', identifierProblem);
    const nameProblem = checkName(name.trim());
    if (nameProblem !== undefined) throw new WrongField('name', nameProblem);
    if (!action) throw new WrongField('action', 'is missing: what is to be done?');
    return { filterId, name: name.trim(), enabled, when: checkConditions(when), action: checkAction(action) };
  });
}

function checkConditions(when: WireConditions | undefined): FilterConditions {
  if (!when) return {};
  const [users, groups, queueIds] = (['users', 'groups', 'queueIds'] as const).map((field) => checkTexts(`when.${field}`, when[field]));
  const colorMode = COLOR_MODES.find((each) => each === when.colorMode);
  if (!colorMode && when.colorMode !== '') throw new WrongField('when.colorMode', `must be ${COLOR_MODES.join(' or ')}, or empty for both`);
  const [pagesMin, pagesMax] = checkRange('when.pagesMax', when.pagesMin, when.pagesMax);
  const [sizeMinBytes, sizeMaxBytes] = checkRange('when.sizeMaxBytes', Number(when.sizeMinBytes), Number(when.sizeMaxBytes));
  const titleContains = when.titleContains.trim();
  if (titleContains.length > chargingLimits.conditionTextLengthMax) throw new WrongField('when.titleContains', `must have at most ${chargingLimits.conditionTextLengthMax} characters`);
  return {
    ...(users && users.length > 0 ? { users: users.map((user) => user.toLowerCase()) } : {}), ...(groups && groups.length > 0 ? { groups } : {}), ...(queueIds && queueIds.length > 0 ? { queueIds } : {}),
    ...(when.time ? { time: checkTime('when.time', when.time) } : {}), ...(pagesMin > 0 ? { pagesMin } : {}), ...(pagesMax > 0 ? { pagesMax } : {}), ...(colorMode ? { colorMode } : {}),
    ...(sizeMinBytes > 0 ? { sizeMinBytes } : {}), ...(sizeMaxBytes > 0 ? { sizeMaxBytes } : {}), ...(titleContains === '' ? {} : { titleContains }),
  };
}

function checkRange(field: string, min: number, max: number): [number, number] {
  if (max > 0 && min > max) throw new WrongField(field, 'must not be below the minimum');
  return [min, max];
}

function checkAction({ kind, message: given, monochrome, duplex, queueId }: WireAction): FilterAction {
  const message = checkMessage('action.message', given);
  switch (kind) {
    case 'refuse':
    case 'ask':
      return { kind, message };
    case 'force':
      if (!monochrome && !duplex) throw new WrongField('action', 'forces nothing: choose monochrome, duplex or both');
      return { kind, monochrome, duplex };
    case 'redirect': {
      const problem = checkIdentifier(queueId);
      if (problem !== undefined) throw new WrongField('action.queueId', problem);
      return { kind, queueId };
    }
    default:
      throw new WrongField('action.kind', 'must be refuse, force, redirect or ask');
  }
}
