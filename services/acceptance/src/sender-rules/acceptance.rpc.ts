import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { AcceptanceService, GetConditionsRequest, PutConditionsRequest, TestAddressRequest, TryDraftRequest } from '@inkpost/contracts/admin/v1/acceptance_pb.js';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { LAB_DAYS_MAX, LAB_SENDERS_LISTED_MAX } from '../limits.js';
import { type AuthenticationMode, checkMode } from '../sender-authentication/authentication-settings.js';
import { compareDraft, decideDraft, type Draft, type PastMails } from '../try-draft/decide-draft.js';
import { checkedMailboxId } from './checked-mailbox-id.js';
import { type Conditions, normaliseConditions, type WantedConditions } from './conditions.js';
import { type ConditionsStore, GENERAL } from './conditions.store.js';
import type { CurrentConditions } from './current-conditions.js';
import { decideSender, forbiddenSenderText, type SenderRules, senderRules } from './decide-sender.js';
import { reportSender } from './report-sender.js';

/** Who may print by mail, for administrators (SKY-064..074, SKY-090, SKY-091). */
export class AcceptanceRpc implements ServiceImpl<typeof AcceptanceService> {
  constructor(
    private readonly store: ConditionsStore,
    private readonly current: CurrentConditions,
    private readonly pastMails: (mailboxId: string, days: number) => Promise<PastMails[]>,
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
    const current = await this.current.rulesFor(mailboxId);
    const tested = request.draft ? { ...current, rules: draftRules(request.draft), from: 'draft' as const } : current;
    const { rules, from } = tested;
    const { accepted, rule } = decideSender(rules, address);
    const { unknownSender, sponsors } = rules;
    const statusText = accepted ? '' : forbiddenSenderText(address);
    return { accepted, rule, unknownSender, sponsors: [...sponsors], decidedBy: from, statusText, report: reportSender(tested, address) };
  }

  async tryDraft(request: TryDraftRequest, context: HandlerContext) {
    authorize(context, 'configuration.read');
    const mailboxId = checkedMailboxId(request.mailboxId);
    const { days, withSender, sender, senderVerdict, senderBasis } = request;
    if (days > LAB_DAYS_MAX) throw invalidField('days', `must be at most ${LAB_DAYS_MAX}: no more is kept of mails for it`);
    if (days === 0 && !withSender) throw invalidField('days', 'is missing, and no mail was given either: there is nothing to try the draft with');
    const { rules, authentication } = await this.current.rulesFor(mailboxId);
    const draft: Draft = { rules: request.draft ? draftRules(request.draft) : rules, authentication: checkedMode(request.senderAuthentication, authentication) };
    const { changed, ...counts } = compareDraft(draft, days === 0 ? [] : await this.pastMails(mailboxId, days));
    return {
      ...counts, changedSenders: changed.length,
      changed: changed.slice(0, LAB_SENDERS_LISTED_MAX).map((each) => ({ ...each, lastAt: timestampFromDate(each.lastAt) })),
      ...(withSender && { uploaded: decideDraft(draft, sender, { verdict: senderVerdict || 'none', basis: senderBasis }) }),
    };
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

function checkedMode(wanted: string, current: AuthenticationMode): AuthenticationMode {
  if (wanted === '') return current;
  const mode = checkMode(wanted);
  if (mode === undefined) throw invalidField('senderAuthentication', 'must be off, report or require');
  return mode;
}

function draftRules(draft: WantedConditions): SenderRules {
  return senderRules(checkedConditions(draft));
}

function checkedConditions(wanted: WantedConditions | undefined): Conditions {
  if (!wanted) throw invalidField('conditions', 'are missing');
  const conditions = normaliseConditions(wanted);
  if ('reason' in conditions) throw invalidField(conditions.field, conditions.reason);
  return conditions;
}

function toMessage({ acceptedDomains, acceptedAddresses, refusedDomains, refusedAddresses, unknownSender, sponsors }: Conditions) {
  return {
    acceptedDomains: [...acceptedDomains], acceptedAddresses: [...acceptedAddresses],
    refusedDomains: [...refusedDomains], refusedAddresses: [...refusedAddresses], unknownSender, sponsors: [...sponsors],
  };
}
