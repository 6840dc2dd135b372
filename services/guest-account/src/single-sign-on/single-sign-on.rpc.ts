import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type {
  BeginSignOnRequest, FinishSignOnRequest, PutSingleSignOnRequest, SingleSignOnService, TestSingleSignOnRequest,
} from '@inkpost/contracts/admin/v1/single_sign_on_pb.js';
import { fault, type Finding, passed, runSteps, type Step } from '@inkpost/server-connection/run-steps.js';
import type { TestBudget } from '@inkpost/server-connection/test-budget.js';
import { authorize, callerOf } from '@inkpost/service/control-listener.js';
import type { Caller } from '@inkpost/service/rights.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { DirectoryConfiguration } from '../directories/directory.js';
import { RETURN_TO_LENGTH_MAX, SIGN_ON_QUERY_LENGTH_MAX, TEST_MAX_MS, TEST_STEP_MAX_MS } from '../limits.js';
import type { SignInClient, SignInServer, SignInServerStep } from '../ports/sign-in-server.port.js';
import type { Grants } from '../rights/granted-rights.js';
import { ensureMayChangeDirectory } from '../rights/may-grant.js';
import { checkSignOn } from './check-sign-on.js';
import type { SignOns } from './sign-ons.js';
import type { SignOnSettings, StoredSignOn } from './sign-on-settings.js';
import type { SingleSignOnStore } from './single-sign-on.store.js';

export interface SingleSignOnParts {
  readonly store: SingleSignOnStore;
  readonly signOns: SignOns;
  readonly server: SignInServer;
  readonly directories: { load(): Promise<DirectoryConfiguration> };
  readonly grants: () => Promise<Grants>;
  readonly budget: TestBudget;
  readonly log: Log;
}

/** The organisation's sign-in server: its settings, for administrators, and the way there and back of everybody else. */
export class SingleSignOnRpc implements ServiceImpl<typeof SingleSignOnService> {
  constructor(private readonly parts: SingleSignOnParts) {}

  async getSingleSignOn(_request: object, context: HandlerContext) {
    authorize(context, 'rights.manage');
    const stored = await this.parts.store.load();
    const { redirectUri, signOutRedirectUri } = this.parts.signOns;
    return { redirectUri, signOutRedirectUri, ...(stored ? { singleSignOn: toWire(stored) } : {}) };
  }

  async putSingleSignOn({ settings, version }: PutSingleSignOnRequest, context: HandlerContext) {
    const caller = authorize(context, 'rights.manage');
    const { store, directories, log } = this.parts;
    const before = await store.load();
    const checked = checkSignOn(settings, await directories.load(), before?.settings);
    await this.ensureMayVouch(caller, [checked.settings, ...(before ? [before.settings] : [])]);
    const isMeantForThis = version === 0 || version === before?.version;
    if (!isMeantForThis || !(await store.write(checked, before))) throw new ConnectError('Somebody changed the single sign-on meanwhile: read it again and repeat the change.', Code.Aborted);
    const { issuer, clientId, directoryId, enabled } = checked.settings;
    log.info('single sign-on changed', { issuer, clientId, directoryId, enabled, actor: caller.actor });
    return { singleSignOn: toWire(await this.existing()) };
  }

  async deleteSingleSignOn(_request: object, context: HandlerContext) {
    const caller = authorize(context, 'rights.manage');
    await this.ensureMayVouch(caller, [(await this.existing()).settings]);
    await this.parts.store.remove();
    this.parts.log.info('single sign-on deleted', { actor: caller.actor });
    return {};
  }

  async testSingleSignOn({ draft }: TestSingleSignOnRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'rights.manage');
    const configuration = await this.parts.directories.load();
    const { settings, clientSecret } = await this.tested(draft, configuration);
    const client: SignInClient = { ...settings, clientSecret };
    const { server, signOns, budget } = this.parts;
    const steps: readonly Step<SignInServerStep | 'directory'>[] = [
      ...server.testSteps(client, signOns.redirectUri),
      { name: 'directory', withinMs: TEST_STEP_MAX_MS, silence: '', run: async () => describeDirectory(settings, configuration) },
    ];
    const results = await budget.spend(actor, () => runSteps(steps, AbortSignal.any([context.signal, AbortSignal.timeout(TEST_MAX_MS)])));
    context.signal.throwIfAborted();
    return { passed: results.every(({ outcome }) => outcome !== 'failed'), steps: results.map((result) => ({ ...result })) };
  }

  async getSignOnOffer(_request: object, context: HandlerContext) {
    callerOf(context);
    const stored = await this.parts.store.load();
    return stored?.settings.enabled ? { enabled: true, name: stored.settings.name } : { enabled: false };
  }

  async beginSignOn({ returnTo }: BeginSignOnRequest, context: HandlerContext) {
    callerOf(context);
    if (returnTo.length > RETURN_TO_LENGTH_MAX) throw invalidField('returnTo', `must have at most ${RETURN_TO_LENGTH_MAX} characters`);
    const begun = await this.parts.signOns.begin(returnTo, new Date());
    if (!begun) return { outcome: 'off' };
    return { outcome: 'begun', authorizationUrl: begun.url, attempt: begun.attempt, expiresAt: timestampFromDate(begun.expiresAt) };
  }

  async finishSignOn({ query, attempt }: FinishSignOnRequest, context: HandlerContext) {
    callerOf(context);
    if (query.length > SIGN_ON_QUERY_LENGTH_MAX || attempt.length > SIGN_ON_QUERY_LENGTH_MAX) return { outcome: 'unknown' };
    const finished = await this.parts.signOns.finish(query, attempt, new Date());
    if (finished.outcome !== 'vouched') this.parts.log.warning('single sign-on refused', { outcome: finished.outcome, ...('problem' in finished ? { problem: finished.problem } : {}) });
    return finished;
  }

  async beginSignOut(_request: object, context: HandlerContext) {
    callerOf(context);
    return { signOutUrl: (await this.parts.signOns.signOutUrl()) ?? '' };
  }

  /** Who says which server vouches for a directory's people can sign in as any of them. */
  private async ensureMayVouch(caller: Caller, all: readonly SignOnSettings[]): Promise<void> {
    const grants = await this.parts.grants();
    for (const { directoryId } of all) ensureMayChangeDirectory(caller, grants, directoryId);
  }

  private async tested(draft: TestSingleSignOnRequest['draft'], configuration: DirectoryConfiguration) {
    const stored = draft ? await this.parts.store.load() : await this.existing();
    const checked = draft ? checkSignOn(draft, configuration, stored?.settings) : undefined;
    const settings = checked?.settings ?? stored?.settings;
    if (!settings) throw notFound('single sign-on', 'set');
    return { settings, clientSecret: checked?.clientSecret ?? (stored ? this.parts.store.clientSecretOf(stored) : '') };
  }

  private async existing(): Promise<StoredSignOn> {
    const stored = await this.parts.store.load();
    if (!stored) throw new ConnectError('Single sign-on is not set.', Code.NotFound);
    return stored;
  }
}

function describeDirectory({ directoryId, loginClaim, loginDomain }: SignOnSettings, { directories }: DirectoryConfiguration): Finding {
  const directory = directories.find((each) => each.directoryId === directoryId);
  if (!directory) throw fault('The directory is not there any more: choose another one.');
  return passed(`Whoever signs in is looked for in ${directory.name} by "${loginClaim}"${loginDomain === '' ? '' : ` without @${loginDomain}`}.`);
}

function toWire({ settings, changedAt, version }: StoredSignOn) {
  return { settings: { ...settings, scopes: [...settings.scopes] }, clientSecretStored: true, changedAt: timestampFromDate(changedAt), version };
}
