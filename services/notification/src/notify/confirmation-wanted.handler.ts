import { Injectable } from '@nestjs/common';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { renderConfirmationMail, renderSponsorMail } from '../templates/confirmation-mail.js';
import { MomentWriter } from '../templates/language.js';
import { ConfirmationLinks } from './confirmation-links.js';
import { MailDelivery } from './mail-delivery.js';
import { NoticeBudget } from './notice-budget.js';

/** Asks an unknown sender, or a sponsor, by a mail with a link (SKY-071). The link is made here: nothing that lets somebody answer travels in the flow. */
@Injectable()
export class ConfirmationWantedHandler implements FlowHandler<'account.confirmation-wanted.v1'> {
  constructor(
    private readonly delivery: MailDelivery,
    private readonly budget: NoticeBudget,
    private readonly links: ConfirmationLinks,
    private readonly moments: MomentWriter,
  ) {}

  async handle(message: FlowMessage<'account.confirmation-wanted.v1'>): Promise<void> {
    const { waitingId, asked, place, address, sender, subject, documents, language, ...wanted } = message.payload;
    const kind = asked === 'sponsor' ? 'sponsor-request' : 'confirmation';
    const waitsUntil = timestampDate(wanted.waitsUntil);
    const whyNot = await this.whyNot(message, waitsUntil);
    if (whyNot !== undefined) {
      await this.delivery.leaveUntold(message, kind, { to: address, reason: whyNot });
      return;
    }
    const { link, proof } = this.links.link(waitingId, { endsAt: waitsUntil, place });
    const render = kind === 'confirmation' ? renderConfirmationMail : renderSponsorMail;
    await this.delivery.deliver(message, {
      kind, to: address, displayName: kind === 'confirmation' ? sender.displayName : '', language: kind === 'confirmation' ? language : '', code: proof,
      evidence: { waitsUntil: waitsUntil.toISOString() },
      render: (inLanguage) =>
        render({ address: sender.address, displayName: sender.displayName, subject, documents, link, until: this.moments.write(waitsUntil, inLanguage) }, inLanguage),
    });
  }

  private async whyNot({ id, payload: { asked, address } }: FlowMessage<'account.confirmation-wanted.v1'>, waitsUntil: Date): Promise<string | undefined> {
    // A mail server may have been away for days.
    if (waitsUntil < new Date()) return 'too-late-to-ask';
    const granted = asked === 'sponsor' ? await this.budget.grantRequest(address, id) : await this.budget.grantNotice(address, id);
    return granted ? undefined : 'too-many-notices';
  }
}
