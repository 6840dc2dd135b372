import { sourceNetwork } from '@inkpost/service/source-network.js';
import type { Language } from '../answer-route/browser.js';
import { Problem } from '../answer-route/problem.js';
import type { RequestContext } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import type { Proven } from '../release/prove-identity.js';
import { ensureConnectionIsSafe } from '../sessions/session-cookie.js';
import { passwordPage } from './account-page.js';
import { linksFrom, type Links } from './frame.js';
import { RefusedWithPage } from './refusal-page.js';
import { MEANS, RELEASE_COOKIE, type ReleaseSession } from './release-session.js';
import type { ReleaseSessionStore } from './release-session.store.js';
import { addressOf, startPage, type StartView } from './start-page.js';
import { durationIn, wordsIn } from './words.js';

export type Client = Pick<RequestContext, 'browser' | 'source' | 'caller' | 'local'>;

/** How the page was opened. */
export interface Opening {
  /** The queue of the code that was scanned; empty: none. */
  readonly at: string;
  /** Undefined: the browser's. */
  readonly language: Language | undefined;
}

/** Who is at the release point, from the first page to the last. */
export class ReleaseDesk {
  constructor(
    private readonly owners: Owners,
    private readonly sessions: ReleaseSessionStore,
  ) {}

  /** The page that asks who somebody is. Throws a Problem where a code would travel in clear. */
  async start(client: Client, { at, language }: Opening, links: Links, rest: Pick<StartView, 'notice' | 'error'> = {}): Promise<string> {
    ensureConnectionIsSafe(client.browser, client.local);
    const { queueName, means } = await this.point(client, at);
    const queueId = queueName === '' ? '' : at;
    const origin = client.browser.ownOrigin;
    return startPage({ ...rest, language: language ?? client.browser.language, queueId, queueName, means, phoneUrl: addressOf(`${origin}/release`, queueId) }, links);
  }

  /** Somebody says who they are: a session begins, or the page asks once more. Gives its account's name for the audit log. */
  async begin(client: Client, opening: Opening, means: ReleaseSession['means'], prove: () => Promise<Proven>): Promise<string> {
    ensureConnectionIsSafe(client.browser, client.local);
    const proven = await prove();
    if (proven.outcome !== 'proven') throw await this.askAgain(client, opening, means, proven);
    const { queueName, idleSeconds } = await this.point(client, opening.at);
    await this.sessions.end(RELEASE_COOKIE.valueIn(client.browser));
    const language = opening.language ?? proven.language ?? client.browser.language;
    const token = await this.sessions.create({ accountId: proven.accountId, account: proven.account, directoryId: proven.directoryId, login: proven.login, means, queueId: queueName === '' ? '' : opening.at, language, idleSeconds });
    RELEASE_COOKIE.keep(client.browser, token);
    return proven.account;
  }

  /** Who uses the page, and with that goes on. Throws the page that asks who it is where nobody is signed in any more. */
  async current(client: Client, links: Links): Promise<ReleaseSession> {
    const session = await this.sessions.use(RELEASE_COOKIE.valueIn(client.browser));
    if (session) return session;
    const language = client.browser.language;
    const page = await this.start(client, { at: '', language }, links, { notice: wordsIn(language).signedOutMeanwhile });
    throw new RefusedWithPage('not-signed-in', 'Nobody is signed in here any more: give the code again.', page);
  }

  /** The same where nobody has to be; `language`: what its pages speak from now on. */
  find(client: Client, language?: Language): Promise<ReleaseSession | undefined> {
    return this.sessions.use(RELEASE_COOKIE.valueIn(client.browser), language);
  }

  /** The same without going on. */
  look(client: Client): Promise<ReleaseSession | undefined> {
    return this.sessions.look(RELEASE_COOKIE.valueIn(client.browser));
  }

  /** Throws a Problem where a password would travel in clear. */
  ensureSafe({ browser, local }: Client): void {
    ensureConnectionIsSafe(browser, local);
  }

  /** Gives where the browser goes on from a page one step below. */
  async end(client: Client): Promise<string> {
    const session = await this.sessions.end(RELEASE_COOKIE.valueIn(client.browser));
    RELEASE_COOKIE.forget(client.browser);
    return addressOf(linksFrom(1).start, session?.queueId ?? '', { said: 'ended', ...(session ? { language: session.language } : {}) });
  }

  private async point({ source, caller }: Client, queueId: string) {
    const { queueName, means, idleSeconds } = await this.owners.releaseProfiles.describeReleasePoint({ queueId, releasePoint: sourceNetwork(source) }, as(caller));
    return { queueName, idleSeconds, means: MEANS.filter((each) => means.includes(each)) };
  }

  private async askAgain(client: Client, opening: Opening, means: ReleaseSession['means'], proven: Exclude<Proven, { outcome: 'proven' }>): Promise<Problem> {
    const language = opening.language ?? client.browser.language;
    const { errors } = wordsIn(language);
    const again = async (text: string) => (means === 'password' ? passwordPage({ language, queueId: opening.at, error: text }, linksFrom(2)) : this.start(client, opening, linksFrom(1), { error: { means, text } }));
    if (proven.outcome === 'locked-out') {
      const { retryAfterSeconds } = proven;
      return new RefusedWithPage('locked-out', `Too many wrong tries. Try again in ${retryAfterSeconds} seconds.`, await again(errors.lockedOut(durationIn(language, retryAfterSeconds))), { retryAfterSeconds });
    }
    const texts = {
      puk: { missing: errors.codeMissing, wrong: errors.codeWrong }, 'login-pin': { missing: errors.loginMissing, wrong: errors.pinWrong },
      'card-pin': { missing: errors.cardMissing, wrong: errors.cardWrong }, password: { missing: errors.passwordMissing, wrong: errors.passwordWrong },
    };
    const page = await again(texts[means][proven.outcome]);
    return proven.outcome === 'missing' ? new RefusedWithPage('invalid-request', 'Something is missing.', page) : new RefusedWithPage('wrong-code', 'Nobody is known by this.', page);
  }
}
