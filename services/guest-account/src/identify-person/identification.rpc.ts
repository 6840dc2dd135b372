import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { IdentificationService, IdentifyRequest } from '@inkpost/contracts/admin/v1/identification_pb.js';
import { callerOf } from '@inkpost/service/control-listener.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { languageOf } from '../installation.js';
import { ACCOUNT_LENGTH_MAX, CARD_TEXT_LENGTH_MAX, PIN_LENGTH, RELEASE_POINT_LENGTH_MAX } from '../limits.js';
import { identityOf } from '../sign-in/account-standing.js';
import type { PersonIdentification, SaidToBe } from './person-identification.js';

/** Who somebody is at a release point. Needs no right: it is where identity comes from. */
export class IdentificationRpc implements ServiceImpl<typeof IdentificationService> {
  constructor(private readonly identification: PersonIdentification) {}

  async identify({ who, pin, releasePoint, source }: IdentifyRequest, context: HandlerContext) {
    callerOf(context);
    if (pin.length > PIN_LENGTH.max) throw invalidField('pin', `must have at most ${PIN_LENGTH.max} digits`);
    if (releasePoint === '' || releasePoint.length > RELEASE_POINT_LENGTH_MAX || releasePoint.includes('\u0000')) throw invalidField('releasePoint', `must be 1 to ${RELEASE_POINT_LENGTH_MAX} characters of text`);
    const identified = await this.identification.identify({ who: checked(who), pin, releasePoint, source });
    if (identified.outcome !== 'identified') return identified;
    const { person: { displayName, language } } = identified.found;
    const { vouchedGroups: _, ...account } = identityOf(identified.found, []);
    return { outcome: 'identified', account, displayName, language: languageOf(language) ?? '' };
  }
}

function checked(who: IdentifyRequest['who']): SaidToBe {
  switch (who.case) {
    case 'login':
      if (who.value.trim() === '' || who.value.length > ACCOUNT_LENGTH_MAX || who.value.includes('\u0000')) throw invalidField('login', `must be 1 to ${ACCOUNT_LENGTH_MAX} characters of text`);
      return who;
    case 'cardNumber':
      if (who.value.trim() === '' || who.value.length > CARD_TEXT_LENGTH_MAX) throw invalidField('cardNumber', `must be 1 to ${CARD_TEXT_LENGTH_MAX} characters of text`);
      return who;
    case undefined:
    default:
      throw invalidField('login', 'is missing: give a login or a cardNumber');
  }
}
