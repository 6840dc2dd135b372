import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { AcceptanceService, GetConditionsRequest, PutConditionsRequest, TestAddressRequest } from '@inkpost/contracts/admin/v1/acceptance_pb.js';
import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { type Conditions, normaliseConditions } from './conditions.js';
import { type ConditionsStore, GENERAL } from './conditions.store.js';
import type { CurrentConditions } from './current-conditions.js';
import { decideSender, forbiddenSenderText, type SenderRules, senderRules } from './decide-sender.js';
import { reportSender } from './report-sender.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/** Who may print by mail, for administrators (SKY-064..074, SKY-090, SKY-091). */
export class AcceptanceRpc implements ServiceImpl<typeof AcceptanceService> {
  constructor(
    private readonly store: ConditionsStore,
    private readonly current: CurrentConditions,
    private readonly log: Log,
  ) {}

  async getConditions({ mailboxId }: GetConditionsRequest, context: HandlerContext) {
    authorize(context, 'configuration.read');
    return this.shown(checkedMailboxId(mailboxId));
  }

  async putConditions(request: PutConditionsRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    const mailboxId = checkedMailboxId(request.mailboxId);
    await this.change(mailboxId, request, actor);
    this.current.expire();
    this.log.info('acceptance conditions changed', { mailboxId, usesDefault: request.useDefault, actor });
    return this.shown(mailboxId);
  }

  async testAddress(request: TestAddressRequest, context: HandlerContext) {
    authorize(context, 'configuration.read');
    const mailboxId = checkedMailboxId(request.mailboxId);
    const address = parseMailAddress(request.address.trim())?.text;
    if (address === undefined) throw invalidField('address', 'must be one e-mail address, for example somebody@example.org');
    const { rules, from } = request.draft ? draftRules(request.draft) : await this.current.rulesFor(mailboxId);
    const { accepted, rule } = decideSender(rules, address);
    const { userCreationAllowed } = rules;
    return { accepted, rule, userCreationAllowed, decidedBy: from, statusText: accepted ? '' : forbiddenSenderText(address), report: reportSender(rules, address, from) };
  }

  private change(mailboxId: string, { useDefault, conditions }: PutConditionsRequest, actor: string): Promise<void> {
    if (mailboxId === GENERAL && useDefault) throw invalidField('useDefault', 'only a mailbox can follow the general conditions');
    if (useDefault) return this.store.follow(mailboxId, actor);
    if (mailboxId !== GENERAL && !conditions) return this.store.stopFollowing(mailboxId, actor);
    return this.store.put(mailboxId, checkedConditions(conditions), actor);
  }

  private async shown(mailboxId: string) {
    const { conditions, usesDefault, own } = await this.store.show(mailboxId);
    return { conditions: toMessage(conditions), usesDefault, ...(own ? { own: toMessage(own) } : {}) };
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
