import type { Provider } from '@nestjs/common';
import { FlowClient } from '@inkpost/flow/flow-client.js';
import type { ServiceRuntime } from '@inkpost/service/service-definition.js';
import type { Header } from '../receive-message/read-mail/header.js';
import { readSender } from '../receive-message/read-sender.js';
import type { IncomingMail, JudgeSender } from '../receive-message/incoming-mail.js';
import { AuthenticateSender } from './authenticate-sender.js';
import { CurrentAuthenticationSettings } from './authentication-settings.store.js';
import { askDns, DnsLookups } from './dns-lookups.js';

export interface SenderAuthentications {
  /** For mails that come by SMTP: while they come. */
  readonly authenticate: AuthenticateSender;
  /** For all mails, once they are read. */
  readonly judgeSender: JudgeSender;
  readonly providers: Provider[];
}

/** Whether mails come from whom their From names. `dnsServers` as INKPOST_DNS_SERVERS. */
export function authenticateSenders({ pool, flow }: Pick<ServiceRuntime, 'pool' | 'flow'>, dnsServers: string | undefined): SenderAuthentications {
  const servers = (dnsServers ?? '').split(',').map((server) => server.trim()).filter((server) => server !== '');
  const settings = new CurrentAuthenticationSettings(pool);
  const authenticate = new AuthenticateSender(settings, new DnsLookups(askDns(servers)));
  const judgeSender = async ({ mailbox, smtp }: IncomingMail, header: Header) => {
    const { address } = readSender(header);
    const fromDomain = address.slice(address.lastIndexOf('@') + 1);
    return authenticate.judge(mailbox.id, fromDomain, header, smtp && { client: smtp.client, measured: await smtp.measured });
  };
  return { authenticate, judgeSender, providers: [{ provide: FlowClient, useValue: flow }, { provide: CurrentAuthenticationSettings, useValue: settings }] };
}
