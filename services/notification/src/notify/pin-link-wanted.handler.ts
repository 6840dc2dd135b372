import { Injectable } from '@nestjs/common';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { MomentWriter } from '../templates/language.js';
import { renderPinLinkMail } from '../templates/pin-link-mail.js';
import { MailDelivery } from './mail-delivery.js';
import { PinLinks } from './pin-links.js';

/** Mails a link to set the own PIN (V-05). The link is made here: nothing that lets somebody set it travels in the flow. */
@Injectable()
export class PinLinkWantedHandler implements FlowHandler<'account.pin-link-wanted.v1'> {
  constructor(
    private readonly delivery: MailDelivery,
    private readonly links: PinLinks,
    private readonly moments: MomentWriter,
  ) {}

  async handle(message: FlowMessage<'account.pin-link-wanted.v1'>): Promise<void> {
    const { linkId, accountId, address, displayName, language, ...wanted } = message.payload;
    const openUntil = timestampDate(wanted.openUntil);
    // A mail server may have been away for days.
    if (openUntil < new Date()) return this.delivery.close(message);
    const { link, proof } = this.links.link(linkId, openUntil);
    await this.delivery.deliver(message, {
      kind: 'pin-link', to: address, displayName, language, accountId, code: proof, ofNoJourney: true,
      render: (inLanguage) => renderPinLinkMail({ link, until: this.moments.write(openUntil, inLanguage) }, inLanguage),
    });
  }
}
