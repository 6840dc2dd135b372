import { BlockList, isIP } from 'node:net';
import { Readable } from 'node:stream';
import { CauseDown } from '@inkpost/failure/failure.js';
import type { ReceivingMailbox } from '../mailboxes/mailbox.js';
import type { Header } from '../receive-message/read-mail/header.js';
import type { CurrentAuthenticationSettings } from './authentication-settings.store.js';
import type { DnsLookups } from './dns-lookups.js';
import { isRefused, judgeAuthentication } from './judge-authentication.js';
import { type MeasuredSender, measureSender, type SmtpClient } from './measure-sender.js';
import { type AuthenticationSettings, type JudgedSender, NO_RESULTS, NOT_MEASURED, type SenderAuthentication } from './sender-authentication.js';
import { arcSealer, trustedResults } from './trusted-results.js';

/** A mail that came by SMTP. */
interface BroughtMail {
  readonly client: SmtpClient;
  readonly measured: MeasuredSender | undefined;
}

/** Finds out whether mails come from whom their From names: what Inkpost measures itself, or what a trusted server says of them. */
export class AuthenticateSender {
  constructor(
    private readonly settings: CurrentAuthenticationSettings,
    private readonly dns: DnsLookups,
  ) {}

  /**
   * Whether a mail is to be measured while it comes: not where no mailbox wants it, nor where the client only hands it on. Throws a
   * `CauseDown` while the database is away.
   */
  async isMeasured(client: SmtpClient, mailboxes: readonly ReceivingMailbox[]): Promise<boolean> {
    const settings = await Promise.all(mailboxes.map(({ id }) => this.settings.settingsFor(id)));
    return settings.some((each) => each.mode !== 'off' && !handsOn(client, each));
  }

  /** Whether some mailbox trusts this address to hand others' mails on. Throws a `CauseDown` while the database is away. */
  async isTrustedRelay(address: string): Promise<boolean> {
    return (await this.settings.all()).some((settings) => isRelay(address, settings));
  }

  /** Reads `content` to its end. Never rejects: what can't be found out stays unknown. */
  async measure(content: Readable, client: SmtpClient): Promise<MeasuredSender | undefined> {
    return measureSender(content, client, this.dns).catch(() => undefined);
  }

  /**
   * The verdict on a mail. `measured` and `client` of one that came by SMTP. Throws a `CauseDown` where a mailbox requires it and DNS
   * didn't answer: who has the mail keeps it, and brings it again.
   */
  async judge(mailboxId: string, fromDomain: string, header: Header, smtp?: BroughtMail): Promise<JudgedSender> {
    const settings = await this.settings.settingsFor(mailboxId);
    const judged = judgeMail(settings, fromDomain, header, smtp);
    return { ...judged, isRefused: isRefused(settings.mode, judged) };
  }

  /**
   * The verdict on a mail that somebody kept: what a trusted server wrote on it, else its own signature. Nobody knows any more which
   * server brought it, so that it can show itself authentic, but not forged.
   */
  async judgeUploaded(mailboxId: string, fromDomain: string, header: Header, mail: Buffer): Promise<SenderAuthentication> {
    const settings = await this.settings.settingsFor(mailboxId);
    const said = trustedResults(header, fromDomain, settings.trustedServers);
    if (said.measuredBy !== '' || fromDomain === '') return said;
    const measured = await this.measure(Readable.from([mail]), NOBODY);
    const judged = measured ? judgeMeasured(measured, fromDomain, settings) : NOT_MEASURED;
    return judged.verdict === 'pass' ? judged : NOT_MEASURED;
  }
}

/** Of a range that no server has (RFC 5737): SPF passes for nobody. */
const NOBODY: SmtpClient = { address: '192.0.2.0', name: '', envelopeSender: '', speaksLmtp: false };

function judgeMail(settings: AuthenticationSettings, fromDomain: string, header: Header, smtp?: BroughtMail): SenderAuthentication {
  if (settings.mode === 'off' || fromDomain === '') return NOT_MEASURED;
  if (!smtp || handsOn(smtp.client, settings)) return trustedResults(header, fromDomain, settings.trustedServers);
  if (!smtp.measured) return NOT_MEASURED;
  const judged = judgeMeasured(smtp.measured, fromDomain, settings);
  if (judged.verdict === 'temperror' && settings.mode === 'require') {
    throw new CauseDown('mail.dns-silent', `DNS does not say whether mails of ${fromDomain} are authentic.`, { fields: { domain: fromDomain } });
  }
  return judged;
}

function judgeMeasured({ results, dmarcFrom, arc }: MeasuredSender, fromDomain: string, { trustedServers }: AuthenticationSettings): SenderAuthentication {
  const sealer = arcSealer(arc.chain, fromDomain, trustedServers) ?? '';
  // DMARC of another domain than the one that counts here: somebody plays with how a From is read.
  const about = dmarcFrom === '' || dmarcFrom === fromDomain ? results : { ...results, dmarc: { ...NO_RESULTS.dmarc, result: 'fail' } };
  return { measuredBy: 'inkpost', ...about, arc: { result: arc.result, sealer }, ...judgeAuthentication(fromDomain, about, sealer !== '') };
}

/** A mail server that hands others' mails on: its own address says nothing of who sent them. */
function handsOn({ address, speaksLmtp }: SmtpClient, settings: AuthenticationSettings): boolean {
  return speaksLmtp || isRelay(address, settings);
}

function isRelay(address: string, { trustedRelays }: AuthenticationSettings): boolean {
  const family = familyOf(address);
  if (family === undefined) return false;
  const relays = new BlockList();
  for (const relay of trustedRelays) {
    const [network = '', prefix] = relay.split('/');
    const type = familyOf(network);
    if (type === undefined) continue;
    if (prefix === undefined) relays.addAddress(network, type);
    else relays.addSubnet(network, Number(prefix), type);
  }
  return relays.check(address, family);
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  return ({ 4: 'ipv4', 6: 'ipv6' } as const)[isIP(address)];
}
