import { Injectable } from '@nestjs/common';
import { FlowClient, type FlowMessage, type Publication } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { DocumentExamination } from '../examine-document/examine-documents.js';
import { CurrentConditions } from '../sender-rules/current-conditions.js';
import { decideSender, type SenderRules } from '../sender-rules/decide-sender.js';
import { decideAuthentication, type MeasuredAuthentication } from '../sender-authentication/decide-authentication.js';
import { decideDocuments, type DecidedSender, type MessageDecision, refuseSender, refuseUnauthenticated } from './decide-message.js';
import { VerdictMetrics } from './verdict-metrics.js';

type Received = FlowMessage<'mail.message-received.v1'>;
type UnknownSenderPolicy = Pick<SenderRules, 'unknownSender' | 'sponsors'>;

/** The verdict, and the claims: what goes on is handed to the next service, what doesn't is given up and thereby erased. */
const RECORD = {
  name: 'accept-message',
  with: `recorded AS (
    INSERT INTO verdict (message_id, mailbox_id, sender, verdict, reason, rule, authentication, authentication_basis)
    SELECT $6::uuid, $7::text, $8::text, $9::text, $10::text, $11::text, $12::text, $13::text FROM step ON CONFLICT (message_id) DO NOTHING)`,
  select: `CASE WHEN cardinality($14::uuid[]) > 0 THEN spool.hand_over($14::uuid[], 'guest_account') END AS handed_over,
    CASE WHEN cardinality($15::uuid[]) > 0 THEN spool.drop($15::uuid[]) END AS erased`,
} as const;

/** May it be printed? First the sender, which costs nothing; then each document, examined in a limited child. */
@Injectable()
export class AcceptMessageHandler implements FlowHandler<'mail.message-received.v1'> {
  constructor(
    private readonly flow: FlowClient,
    private readonly conditions: CurrentConditions,
    private readonly examination: DocumentExamination,
    private readonly metrics: VerdictMetrics,
  ) {}

  async handle(message: Received): Promise<void> {
    const { mailboxId, sender, documents } = message.payload;
    const { rules, from, authentication } = await this.conditions.rulesFor(mailboxId);
    const decided: DecidedSender = { ...decideSender(rules, sender.address), conditions: from };
    const forged = decided.accepted ? decideAuthentication(authentication, measuredOf(message), sender.address) : undefined;
    const refusal = forged ? refuseUnauthenticated(message.payload, authentication, forged) : decided.accepted ? undefined : refuseSender(message.payload, decided);
    const decision = refusal ?? decideDocuments(message.payload, decided, await this.examination.examine(documents));
    const erased = await this.record(message, decision, forged?.rule ?? decided.rule, rules);
    await this.examination.removeBytes(erased);
  }

  /** Gives the documents whose bytes may go. */
  private async record(message: Received, decision: MessageDecision, rule: string, policy: UnknownSenderPolicy): Promise<readonly string[]> {
    const { messageId, mailboxId, sender, documents } = message.payload;
    const { verdict, basis } = measuredOf(message);
    const goingOn = decision.verdict === 'accepted' ? decision.documents.map(({ documentId }) => documentId) : [];
    const dropped = documents.map(({ documentId }) => documentId).filter((documentId) => !goingOn.includes(documentId));
    const row = await this.flow.step<{ erased: string[] | null }>(
      message,
      { journeyId: message.journeyId, entries: decision.entries, publish: [publication(message, decision, policy)] },
      { ...RECORD, ...(dropped.length === 0 && { durable: 'with-the-next' }), values: [messageId, mailboxId, sender.address, decision.verdict, decision.verdict === 'refused' ? decision.reason : '', rule, verdict, basis, goingOn, dropped] },
    );
    if (row) this.metrics.count(decision);
    return row?.erased ?? [];
  }
}

function measuredOf({ payload: { senderAuthentication, authentications } }: Received): MeasuredAuthentication {
  return { verdict: senderAuthentication || 'none', basis: authentications[0]?.basis ?? '' };
}

function publication({ payload }: Received, decision: MessageDecision, { unknownSender, sponsors }: UnknownSenderPolicy): Publication {
  const { messageId, mailboxId, queueId, sender, subject, language, automatic } = payload;
  const refusedParts = [...decision.refusedParts];
  const { mayBeTold } = decision;
  if (decision.verdict === 'refused') {
    const { reason, statusText } = decision;
    return { subject: 'acceptance.message-refused.v1', payload: { messageId, sender, subject, language, reason, statusText, refusedParts, ...mayBeTold } };
  }
  const documents = [...decision.documents];
  return {
    subject: 'acceptance.message-accepted.v1',
    payload: { messageId, mailboxId, queueId, sender, subject, language, automatic, documents, refusedParts, unknownSender, sponsors: unknownSender === 'sponsor' ? [...sponsors] : [], ...mayBeTold },
  };
}
