import { once } from 'node:events';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect';
import { SignInService } from '@inkpost/contracts/admin/v1/accounts_pb.js';
import { MailboxService } from '@inkpost/contracts/admin/v1/mailboxes_pb.js';
import { OutgoingMailService } from '@inkpost/contracts/admin/v1/notification_pb.js';
import { JobService, QueueService, ReleaseService } from '@inkpost/contracts/admin/v1/print_pb.js';
import { SendingServerService } from '@inkpost/contracts/admin/v1/sending_server_pb.js';
import { ApiTokenService, RightsService } from '@inkpost/contracts/admin/v1/rights_pb.js';
import { authorize, callerOf } from '@inkpost/service/control-listener.js';
import { RIGHTS } from '@inkpost/service/rights.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import { currentTraceId } from '@inkpost/telemetry/telemetry.js';
import type { OwnerRoutes } from './gateway.harness.js';

/** Passwords by account, as the stand-in of guest-account has them. */
export const passwords = new Map<string, string>();
/** How often each password was changed. */
const versions = new Map<string, bigint>();
/** What becomes of accounts that are looked at again; others stand. */
export const standings = new Map<string, { readonly outcome: string; readonly rights?: string[]; readonly passwordVersion?: bigint }>();
/** Sign-ins are answered after this: a test may let things happen between the proof and its answer. */
export const signInAnswers: { readonly wait: (() => Promise<void>)[] } = { wait: [] };
const finishing = { colorMode: 'color', sides: 'one-sided', decidedBy: 'general' };
/** The mailboxes of mail-ingest's stand-in: one of them names a queue that is gone. */
const mailboxes = new Map([['first', { address: 'print@example.org', kind: 'smtp', queueId: 'lobby' }], ['second', { address: 'second@example.org', kind: 'smtp', queueId: 'gone' }]]);

/** What reached the owners. */
export const seen: { releasePoints: string[]; traceIds: string[]; actors: string[] } = { releasePoints: [], traceIds: [], actors: [] };

function guestAccount(router: ConnectRouter): void {
  rights(router);
  router.service(SignInService, {
    signIn: async ({ account: typed, password, source }, context) => {
      const account = typed.trim().toLowerCase();
      callerOf(context);
      if (account === 'locked') return { outcome: 'locked-out', retryAfterSeconds: 77 };
      if (source === '' || passwords.get(account) !== password) return { outcome: 'refused' };
      const passwordVersion = versions.get(account) ?? 1n;
      await signInAnswers.wait.shift()?.();
      return { outcome: 'signed-in', passwordVersion, account: { name: account, login: account }, rights: account === 'reader' ? ['configuration.read', 'unheard-of'] : [...RIGHTS], passwordMustChange: password === 'changeme' };
    },
    checkStanding: ({ account }, context) => {
      callerOf(context);
      return standings.get(account?.name ?? '') ?? { outcome: 'stands', rights: [...RIGHTS], passwordVersion: versions.get(account?.name ?? '') ?? 1n };
    },
    changePassword: ({ account, currentPassword, newPassword }, context) => {
      if (callerOf(context).actor !== account) throw new ConnectError('not one\'s own', Code.PermissionDenied);
      if (newPassword.length < 8) throw invalidField('newPassword', 'must have at least 8 characters');
      if (passwords.get(account) !== currentPassword) return { outcome: 'refused' };
      passwords.set(account, newPassword);
      const passwordVersion = (versions.get(account) ?? 1n) + 1n;
      versions.set(account, passwordVersion);
      if (newPassword === 'Unheard-Passw0rd') throw new ConnectError('the answer is lost', Code.Unavailable);
      return { outcome: 'changed', passwordVersion };
    },
  });
}

/** Of who isn't signed in, as the stand-in has them. */
export const anonymousRights: string[] = [];
/** API tokens by their SHA-256 in hex, and how often they were asked for. */
export const apiTokens = new Map<string, { readonly name: string; readonly rights: string[]; readonly expiresAt: Date }>();
export const verifications: string[] = [];

function rights(router: ConnectRouter): void {
  router.service(RightsService, {
    getAnonymousRights: () => ({ rights: [...anonymousRights] }),
    listRoles: (_request, context) => {
      authorize(context, 'rights.manage');
      return { roles: [{ roleId: 'print-on-behalf', name: 'Print on behalf', rights: ['print-on-behalf'], members: [{ directoryId: 'ad', login: 'skyprint', accountId: '17' }], version: 1 }] };
    },
    createProfile: ({ settings }) => ({ profile: { profileId: 'new', settings, version: 1 } }),
    updateProfile: ({ profileId, settings }) => ({ profile: { profileId, settings, builtIn: true, version: 2 } }),
  });
  router.service(ApiTokenService, {
    createApiToken: ({ name, rights: granted, expiresAt, maker }, context) => {
      seen.actors.push(`${authorize(context, 'rights.manage').actor} as ${maker?.name ?? ''}`);
      return { token: { tokenId: 'new', name, rights: granted, maker: maker?.name ?? '', ...(expiresAt ? { expiresAt } : {}) }, secret: `inkpost_${'x'.repeat(43)}` };
    },
    revokeApiToken: ({ tokenId }) => {
      apiTokens.delete(tokenId);
      return {};
    },
    verifyApiToken: ({ tokenSha256 }) => {
      const tokenId = Buffer.from(tokenSha256).toString('hex');
      verifications.push(tokenId);
      const token = apiTokens.get(tokenId);
      return token && token.expiresAt.getTime() > Date.now() ? { stands: true, tokenId, name: token.name, rights: token.rights, expiresAt: timestampFromDate(token.expiresAt) } : { stands: false };
    },
  });
}

function mailIngest(router: ConnectRouter): void {
  router.service(MailboxService, {
    listMailboxes: () => ({ mailboxes: [...mailboxes].map(([mailboxId, settings]) => ({ mailboxId, settings })) }),
    getMailbox: ({ mailboxId }) => {
      const settings = mailboxes.get(mailboxId);
      if (!settings) throw notFound('mailbox', mailboxId);
      return { mailbox: { mailboxId, settings } };
    },
    createMailbox: ({ settings }) => ({ mailbox: { mailboxId: 'new', settings } }),
    updateMailbox: ({ mailboxId, settings }) => ({ mailbox: { mailboxId, settings } }),
  });
}

function printSubmit(router: ConnectRouter): void {
  router.service(SendingServerService, { getSendingServer: () => ({ status: { state: 'operational', textEn: 'Operational', textFr: 'Opérationnel' } }) });
  router.service(QueueService, {
    listQueues: (_request, context) => {
      seen.actors.push(authorize(context, 'configuration.read').actor);
      seen.traceIds.push(currentTraceId());
      return { queues: [] };
    },
    getQueue: async ({ queueId }, context) => {
      // Until the caller has hung up.
      if (queueId === 'stuck') await once(context.signal, 'abort');
      if (queueId === 'broken') throw new Error('secret detail at /srv/print.ts');
      if (queueId === 'lobby') return { queue: { settings: { queueId }, printerState: 'idle' } };
      throw notFound('queue', queueId);
    },
    createQueue: ({ settings }) => {
      if (settings?.printerUri.startsWith('ftp:')) throw invalidField('printerUri', 'must start with ipp://, ipps://, http:// or https://');
      if (settings?.queueId === 'taken') throw new ConnectError('There is a queue "taken" already.', Code.AlreadyExists);
      return { queue: { settings, printerState: 'unknown' } };
    },
    updateQueue: ({ settings }) => ({ queue: { settings, printerState: 'idle' } }),
    deleteQueue: () => ({}),
  });
  router.service(JobService, {
    listJobs: ({ jobStates, limit, cursor }) => ({ jobs: [{ jobId: jobStates.join('+'), queueId: String(limit), fileName: cursor, finishing }], nextCursor: 'next' }),
    releaseJob: () => {
      throw new ConnectError('The job is completed already.', Code.FailedPrecondition);
    },
  });
  router.service(ReleaseService, {
    listWaiting: () => ({ outcome: 'valid', jobs: [{ jobId: 'one', fileName: 'letter.pdf', ownerAddress: 'ada@example.org', accountId: '17' }] }),
    release: ({ code, releasePoint }, context) => {
      seen.releasePoints.push(`${callerOf(context).actor}@${releasePoint}`);
      if (code === 'LOCK') return { outcome: 'locked-out', retryAfterSeconds: 60 };
      return code === 'GOOD' ? { outcome: 'released', jobs: [{ jobId: 'one' }] } : { outcome: code === 'USED' ? 'nothing-waiting' : 'wrong-code' };
    },
  });
}

function notification(router: ConnectRouter): void {
  router.service(OutgoingMailService, { getOutgoingMail: () => ({ settings: { host: 'mail.example.org', port: 465, tls: 'implicit', password: 'Never-Sh0wn' } }) });
}

/** Stand-ins for the owners: enough of their answers for the gateway to show what it makes of each kind. */
export const ownerAnswers: OwnerRoutes = { 'mail-ingest': mailIngest, 'guest-account': guestAccount, 'print-submit': printSubmit, notification };

/** Passwords as they are before a test. */
export function resetPasswords(): void {
  passwords.set('ada', 'Right-Passw0rd').set('reader', 'Right-Passw0rd').set('maintenance', 'changeme');
}
