import { z } from 'zod';
import { explainFailure } from '../answer-route/explain-failure.js';
import { present } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { LIMITS, TEXT } from '../limits.js';
import { proveByPassword } from '../release/prove-identity.js';
import { accountPage, type AccountView, passwordPage } from './account-page.js';
import type { SessionView } from './documents-page.js';
import { linksFrom } from './frame.js';
import { movingPage, openingFields, page, toOpening, whoOf } from './page-routes.js';
import { RefusedWithPage } from './refusal-page.js';
import type { Client, ReleaseDesk } from './release-desk.js';
import type { ReleaseSession } from './release-session.js';
import { wordsIn } from './words.js';

const [below, deep] = [linksFrom(1), linksFrom(2)];
/** No page of a list is longer, and no PIN. */
const typedPin = z.string().max(TEXT.code).default('');

/** Somebody's own account: what was printed, what is left, the PIN. print-submit and guest-account own them. */
export function accountRoutes(owners: Owners, desk: ReleaseDesk) {
  const { pins, balances, ownDocuments } = owners;
  const show = async (client: Client, view: SessionView, cursor: string, said: Pick<AccountView, 'notice' | 'error'> = {}): Promise<string> => {
    const { session } = view;
    const [pin, standing, history] = await Promise.all([
      pins.getOwnPin({ account: accountOf(session) }, as(client.caller)),
      balances.getStanding({ accountId: session.accountId }, as(client.caller)),
      ownDocuments.listOwnHistory({ who: whoOf(session, client), limit: LIMITS.releaseHistoryMax, cursor }, as(client.caller)),
    ]);
    return accountPage(view, { pin, standing, history: history.documents, nextCursor: history.nextCursor, ...said });
  };
  return [
    route({
      ...page(below), method: 'GET', path: '/release/account', operation: 'showOwnAccount', query: z.object({ ...openingFields, after: z.string().max(TEXT.cursor).catch('').default('') }),
      handle: async ({ query, ...client }) => {
        const session = await desk.find(client, query.language);
        // A code opens what waits, nothing else: whoever finds one must not read on, nor set a PIN.
        if (session && session.means !== 'puk') return show(client, { session, links: below }, query.after);
        desk.ensureSafe(client);
        return passwordPage({ language: query.language ?? session?.language ?? client.browser.language, queueId: query.at }, below);
      },
    }),
    route({
      ...movingPage(deep), path: '/release/account/sign-in', operation: 'signInToOwnAccount', body: z.object({ ...openingFields, login: z.string().max(TEXT.address).default(''), password: z.string().max(TEXT.password).default('') }),
      handle: async ({ body: { login, password, ...opening }, ...client }) => {
        const actor = await desk.begin(client, toOpening(opening), 'password', () => proveByPassword(owners, client, login, password));
        return { location: '../account', actor };
      },
    }),
    route({
      ...page(deep), method: 'POST', form: true, path: '/release/account/pin', operation: 'setOwnPinOnPage', body: z.object({ pin: typedPin, again: typedPin }),
      handle: async ({ body: { pin, again }, ...client }) => {
        const view = { session: await desk.current(client, deep), links: deep };
        const words = wordsIn(view.session.language).account;
        if (view.session.means === 'puk') throw new RefusedWithPage('not-signed-in', 'A code sets no PIN.', passwordPage({ language: view.session.language, queueId: view.session.queueId }, deep));
        const wrong = async (detail: string, error: string) => new RefusedWithPage('invalid-request', detail, await show(client, view, '', { error }));
        if (pin !== again) throw await wrong('The two PINs differ.', words.pinsDiffer);
        const { policy } = await pins.getPinPolicy({}, as(client.caller));
        const bad = await pins.setOwnPin({ account: accountOf(view.session), pin: pin.trim() || ' ' }, as(client.caller)).then(() => undefined, explainFailure);
        if (bad && bad.kind !== 'invalid-request') throw bad;
        if (bad) throw await wrong(bad.detail, words.pinBad(present(policy, 'policy').lengthMin));
        return show(client, view, '', { notice: words.pinSet });
      },
    }),
  ];
}

function accountOf({ account, accountId, directoryId, login }: ReleaseSession) {
  return { name: account, accountId, directoryId, login };
}
