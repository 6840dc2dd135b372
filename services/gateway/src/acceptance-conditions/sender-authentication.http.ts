import { z } from 'zod';
import type { GetSenderAuthenticationResponse, PutSenderAuthenticationResponse, SenderAuthenticationSettings } from '@inkpost/contracts/admin/v1/acceptance_pb.js';
import { identifier, present } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { OWNERS, TEXT } from '../limits.js';
import { existingMailbox } from '../mailboxes/existing-mailbox.js';

export const authenticationMode = z.enum(['off', 'report', 'require']).describe('report: a mail that fails DMARC is refused, all else only written down. require: what does not pass is refused.');
const trustedServers = z.array(z.string().min(1).max(TEXT.serverName)).max(OWNERS.trustedEntriesMax).describe('Servers whose topmost `Authentication-Results`, and whose ARC seals, are believed: by the name that these begin with. `protection.outlook.com` for Exchange Online, which gives none.');
const trustedRelays = z.array(z.string().min(1).max(TEXT.network)).max(OWNERS.trustedEntriesMax).describe('Mail servers, by address or network, that hand others\' mails on by SMTP: for these, too, `Authentication-Results` count.');

const newSettings = z.strictObject({ mode: authenticationMode, trustedServers: trustedServers.default([]), trustedRelays: trustedRelays.default([]) })
  .meta({ id: 'NewSenderAuthentication', description: 'All settings at once; what is left out is empty.' });

const newMailboxSettings = z.strictObject({
  useDefault: z.boolean().describe('Follow the general settings. The mailbox\'s own are kept, and those given here are not looked at.'),
  mode: authenticationMode.optional(),
  trustedServers: trustedServers.optional(),
  trustedRelays: trustedRelays.optional(),
})
  .refine(({ mode, trustedServers: servers, trustedRelays: relays }) => mode !== undefined || (servers === undefined && relays === undefined), { path: ['mode'], message: 'is missing: all settings are given at once' })
  .meta({ id: 'NewMailboxSenderAuthentication', description: 'All settings at once; without any: the mailbox\'s own as they once were, else a copy of the general ones.' });

const shown = { mode: z.string().describe('off, report or require.'), trustedServers, trustedRelays };

const settings = z.object(shown).meta({ id: 'SenderAuthentication', description: 'Whether senders must be who they say (SPF, DKIM, DMARC, ARC).' });

const mailboxSettings = z.object({
  useDefault: z.boolean().describe('The mailbox follows the general settings.'),
  ...shown,
  own: settings.nullable().describe('The mailbox\'s own settings, kept also while it follows the general ones; null: it never had any.'),
}).meta({ id: 'MailboxSenderAuthentication', description: 'The settings that hold for mails to a mailbox.' });

function toSettings(wire: SenderAuthenticationSettings | undefined): z.input<typeof settings> {
  const { mode, trustedServers: servers, trustedRelays: relays } = present(wire, 'settings');
  return { mode, trustedServers: servers, trustedRelays: relays };
}

function toMailboxSettings({ settings: wire, usesDefault, own }: GetSenderAuthenticationResponse | PutSenderAuthenticationResponse): z.input<typeof mailboxSettings> {
  return { useDefault: usesDefault, ...toSettings(wire), own: own ? toSettings(own) : null };
}

/** Whether senders must be who they say; acceptance owns it. */
export function senderAuthenticationRoutes(owners: Owners) {
  const { senderAuthentication: owner } = owners;
  const ofMailbox = {
    path: '/api/v0/mailboxes/{mailboxId}/sender-authentication', params: z.strictObject({ mailboxId: identifier }), status: 200, answer: mailboxSettings, refusals: [404], requires: existingMailbox(owners),
  } as const;
  return [
    route({
      method: 'GET', path: '/api/v0/sender-authentication', operation: 'getSenderAuthentication', right: 'configuration.read', summary: 'Whether senders must be who they say, for all mailboxes without settings of their own',
      status: 200, answer: settings,
      handle: async ({ caller }) => toSettings((await owner.getSenderAuthentication({}, as(caller))).settings),
    }),
    route({
      method: 'PUT', path: '/api/v0/sender-authentication', operation: 'putSenderAuthentication', right: 'configuration.write', summary: 'Set whether senders must be who they say',
      description: 'Holds for mails that come from now on.',
      body: newSettings, status: 200, answer: settings,
      handle: async ({ body, caller }) => toSettings((await owner.putSenderAuthentication({ settings: body }, as(caller))).settings),
    }),
    route({
      ...ofMailbox, method: 'GET', operation: 'getMailboxSenderAuthentication', right: 'configuration.read', summary: 'Whether senders must be who they say, for a mailbox',
      handle: async ({ params, caller }) => toMailboxSettings(await owner.getSenderAuthentication(params, as(caller))),
    }),
    route({
      ...ofMailbox, method: 'PUT', operation: 'putMailboxSenderAuthentication', right: 'configuration.write', summary: 'Give a mailbox settings of its own, or let it follow the general ones',
      body: newMailboxSettings,
      handle: async ({ params, body: { useDefault, ...given }, caller }) => {
        const own = given.mode === undefined ? {} : { settings: newSettings.parse(given) };
        return toMailboxSettings(await owner.putSenderAuthentication({ ...params, useDefault, ...own }, as(caller)));
      },
    }),
  ];
}
