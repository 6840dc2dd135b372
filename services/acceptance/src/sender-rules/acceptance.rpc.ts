import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { AcceptanceService, GetConditionsRequest, PutConditionsRequest, TestAddressRequest } from '@inkpost/contracts/admin/v1/acceptance_pb.js';
import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { type Conditions, NO_CONDITIONS, normaliseConditions } from './conditions.js';
import { type ConditionsStore, GENERAL } from './conditions.store.js';
import type { CurrentConditions } from './current-conditions.js';
import { decideSender, forbiddenSenderText, type SenderRules, senderRules } from './decide-sender.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/** Who may print by mail, for administrators (SKY-064..074, SKY-091). */
export class AcceptanceRpc implements ServiceImpl<typeof AcceptanceService> {
  constructor(
    private readonly store: ConditionsStore,
    private readonly current: CurrentConditions,
    private readonly log: Log,
  ) {}

  async getConditions({ mailboxId }: GetConditionsRequest, context: HandlerContext) {
    authorize(context, 'configuration.read');
    return this.effective(checkedMailboxId(mailboxId));
  }

  async putConditions(request: PutConditionsRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    const mailboxId = checkedMailboxId(request.mailboxId);
    if (request.useDefault) {
      if (mailboxId === GENERAL) throw invalidField('useDefault', 'only a mailbox can follow the general conditions');
      await this.store.remove(mailboxId);
    } else {
      await this.store.put(mailboxId, checkedConditions(request.conditions), actor);
    }
    this.current.expire();
    this.log.info('acceptance conditions changed', { mailboxId, usesDefault: request.useDefault, actor });
    return this.effective(mailboxId);
  }

  async testAddress(request: TestAddressRequest, context: HandlerContext) {
    authorize(context, 'configuration.read');
    const mailboxId = checkedMailboxId(request.mailboxId);
    const address = parseMailAddress(request.address.trim())?.text;
    if (address === undefined) throw invalidField('address', 'must be one e-mail address, for example somebody@example.org');
    const { rules, from } = request.draft ? draftRules(request.draft) : await this.current.rulesFor(mailboxId);
    const { accepted, rule } = decideSender(rules, address);
    return { accepted, rule, userCreationAllowed: rules.userCreationAllowed, decidedBy: from, statusText: accepted ? '' : forbiddenSenderText(address) };
  }

  private async effective(mailboxId: string) {
    const own = await this.store.find(mailboxId);
    const conditions = own ?? (await this.store.find(GENERAL)) ?? NO_CONDITIONS;
    return { conditions: toMessage(conditions), usesDefault: mailboxId !== GENERAL && own === undefined };
  }
}

function draftRules(draft: Conditions): { readonly rules: SenderRules; readonly from: 'draft' } {
  return { rules: senderRules(checkedConditions(draft)), from: 'draft' };
}

function checkedMailboxId(mailboxId: string): string {
  if (mailboxId !== GENERAL && !UUID.test(mailboxId)) throw invalidField('mailboxId', 'must be the id of a mailbox, or empty for the general conditions');
  return mailboxId;
}

function checkedConditions(wanted: Conditions | undefined): Conditions {
  if (!wanted) throw invalidField('conditions', 'are missing');
  const conditions = normaliseConditions(wanted);
  if ('reason' in conditions) throw invalidField(conditions.field, conditions.reason);
  return conditions;
}

function toMessage({ acceptedDomains, acceptedAddresses, refusedDomains, refusedAddresses, userCreationAllowed }: Conditions) {
  return { acceptedDomains: [...acceptedDomains], acceptedAddresses: [...acceptedAddresses], refusedDomains: [...refusedDomains], refusedAddresses: [...refusedAddresses], userCreationAllowed };
}
