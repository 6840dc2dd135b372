import { renderSVG } from 'uqr';
import { z } from 'zod';
import type { OwnDocument } from '@inkpost/contracts/admin/v1/own_documents_pb.js';
import { explainFailure } from '../answer-route/explain-failure.js';
import { identifier, present } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { GUESTS, TEXT } from '../limits.js';
import { proveByCode, proveByPin } from '../release/prove-identity.js';
import { accountRoutes } from './account.http.js';
import { byMailRoutes } from './by-mail.http.js';
import { deletedPage, deletionPage, pausePage, printedPage, stayingOf } from './answer-pages.js';
import { documentsPage, type SessionView } from './documents-page.js';
import { linksFrom } from './frame.js';
import { movingPage, openingFields, page, toOpening, whoOf } from './page-routes.js';
import { optionsPage } from './options-page.js';
import { RefusedWithPage } from './refusal-page.js';
import { type Client, ReleaseDesk } from './release-desk.js';
import type { ReleaseSessionStore } from './release-session.store.js';
import { addressOf } from './start-page.js';
import { wordsIn } from './words.js';

const JOBS_MAX = 1_000;

const secret = (max: number) => z.string().max(max).default('');
/** None, one or several fields of a name. */
const jobIds = z.preprocess((value) => (value === undefined ? [] : [value].flat()), z.array(identifier).max(JOBS_MAX));

const [top, below, deep] = [linksFrom(0), linksFrom(1), linksFrom(2)];

/** `/release`: a page for a tablet beside the printer and for a phone, without a script. print-submit owns the documents, guest-account knows people. */
export function releasePageRoutes(owners: Owners, sessions: ReleaseSessionStore) {
  const desk = new ReleaseDesk(owners, sessions);
  return [...entranceRoutes(owners, desk), ...documentRoutes(owners, desk), ...optionRoutes(owners, desk), ...accountRoutes(owners, desk), ...byMailRoutes(owners, desk), ...exitRoutes(desk)];
}

function entranceRoutes(owners: Owners, desk: ReleaseDesk) {
  const { ownDocuments } = owners;
  return [
    route({
      ...page(top), method: 'GET', path: '/release', operation: 'showReleasePage', query: z.object({ ...openingFields, said: z.enum(['ended']).optional().catch(undefined) }),
      handle: async ({ query, ...client }) => {
        const session = await desk.find(client, query.language);
        if (session) return documentsPage({ session, links: top }, (await ownDocuments.listOwnDocuments({ who: whoOf(session, client) }, as(client.caller))).documents);
        return desk.start(client, toOpening(query), top, query.said === 'ended' ? { notice: wordsIn(query.language ?? client.browser.language).signedOut } : {});
      },
    }),
    route({
      ...page(below), summary: 'The page\'s address as a QR code', method: 'GET', path: '/release/qr.svg', operation: 'getReleaseQrCode', query: z.object({ at: openingFields.at }),
      answer: { mediaType: 'image/svg+xml' },
      handle: async ({ query, browser }) => renderSVG(addressOf(`${browser.ownOrigin}/release`, query.at), { ecc: 'M', border: 4 }),
    }),
    route({
      ...movingPage(below), path: '/release/code', operation: 'giveReleaseCode', body: z.object({ ...openingFields, code: secret(TEXT.code) }),
      handle: async ({ body, ...client }) => {
        await desk.begin(client, toOpening(body), 'puk', () => proveByCode(owners, client, body.code));
        return { location: below.start };
      },
    }),
    route({
      ...movingPage(below), path: '/release/login', operation: 'giveReleaseLogin', body: z.object({ ...openingFields, login: secret(TEXT.address), pin: secret(TEXT.code) }),
      handle: async ({ body: { login, pin, ...rest }, ...client }) => {
        const actor = await desk.begin(client, toOpening(rest), 'login-pin', () => proveByPin(owners, client, { case: 'login', value: login }, pin));
        return { location: below.start, actor };
      },
    }),
    route({
      ...movingPage(below), path: '/release/card', operation: 'giveReleaseCard', body: z.object({ ...openingFields, card: secret(GUESTS.cardNumberLength), pin: secret(TEXT.code) }),
      handle: async ({ body: { card, pin, ...rest }, ...client }) => {
        const actor = await desk.begin(client, toOpening(rest), 'card-pin', () => proveByPin(owners, client, { case: 'cardNumber', value: card }, pin));
        return { location: below.start, actor };
      },
    }),
  ];
}

function documentRoutes({ ownDocuments }: Owners, desk: ReleaseDesk) {
  /** What of these waits, in the order of the list. Throws the list once more where nothing was chosen. */
  const chosen = async (client: Client, view: SessionView, wanted: readonly string[]): Promise<OwnDocument[]> => {
    const { documents } = await ownDocuments.listOwnDocuments({ who: whoOf(view.session, client) }, as(client.caller));
    if (wanted.length === 0) throw new RefusedWithPage('invalid-request', 'No document was chosen.', documentsPage(view, documents, wordsIn(view.session.language).printed.chooseFirst));
    return documents.filter(({ job }) => wanted.includes(present(job, 'job').jobId));
  };
  const form = { ...page(below), method: 'POST', form: true } as const;
  const body = z.object({ job: jobIds, confirmed: jobIds });
  return [
    route({
      ...form, path: '/release/print', operation: 'printOwnDocuments', body, objectId: ({ body: { job } }) => job.join(' '),
      handle: async ({ body: { job, confirmed }, ...client }) => {
        const view = { session: await desk.current(client, below), links: below };
        const wanted = await chosen(client, view, job);
        const { documents, notReleased } = await ownDocuments.releaseOwnDocuments({ who: whoOf(view.session, client), jobIds: job, confirmedJobIds: confirmed }, as(client.caller));
        return printedPage(view, documents, stayingOf(wanted, documents, notReleased));
      },
    }),
    route({
      ...form, path: '/release/delete', operation: 'askToDeleteOwnDocuments', body, changes: false,
      handle: async ({ body: { job }, ...client }) => {
        const view = { session: await desk.current(client, below), links: below };
        const waiting = (await chosen(client, view, job)).filter((document) => document.job?.jobState === 'pending-held');
        return waiting.length === 0 ? deletedPage(view, []) : deletionPage(view, waiting);
      },
    }),
    route({
      ...form, path: '/release/delete-for-good', operation: 'deleteOwnDocuments', body, objectId: ({ body: { job } }) => job.join(' '),
      handle: async ({ body: { job }, ...client }) => {
        const view = { session: await desk.current(client, below), links: below };
        const { documents } = await ownDocuments.deleteOwnDocuments({ who: whoOf(view.session, client), jobIds: job }, as(client.caller));
        return deletedPage(view, documents);
      },
    }),
  ];
}

function optionRoutes({ ownDocuments }: Owners, desk: ReleaseDesk) {
  const path = '/release/options/{jobId}';
  const params = z.strictObject({ jobId: identifier });
  const held = async (client: Client, view: SessionView, jobId: string): Promise<OwnDocument> => {
    const { documents } = await ownDocuments.listOwnDocuments({ who: whoOf(view.session, client) }, as(client.caller));
    const document = documents.find(({ job }) => job?.jobId === jobId && job.jobState === 'pending-held');
    if (document) return document;
    throw new RefusedWithPage('not-found', 'This document does not wait.', documentsPage(view, documents, wordsIn(view.session.language).options.notHeld));
  };
  return [
    route({
      ...page(deep), method: 'GET', path, operation: 'showDocumentOptions', params,
      handle: async ({ params: { jobId }, ...client }) => {
        const view = { session: await desk.current(client, deep), links: deep };
        return optionsPage(view, await held(client, view, jobId));
      },
    }),
    route({
      ...movingPage(deep), path, operation: 'changeDocumentOptions', params,
      // What is shown as chosen already is sent too; the owner sees what of it is new.
      body: z.object({ colorMode: z.string().max(TEXT.id).optional(), sides: z.string().max(TEXT.id).optional(), copies: z.coerce.number().int().min(1).max(9_999).optional().catch(0), pageRanges: z.string().max(TEXT.name).optional() }),
      handle: async ({ params: { jobId }, body: change, ...client }) => {
        const view = { session: await desk.current(client, deep), links: deep };
        const document = await held(client, view, jobId);
        await ownDocuments.changeOwnFinishing({ who: whoOf(view.session, client), jobId, change }, as(client.caller)).catch((error: unknown) => {
          const problem = explainFailure(error);
          const [wrong] = problem.extras.errors ?? [];
          throw problem.kind === 'invalid-request' && wrong ? new RefusedWithPage(problem.kind, problem.detail, optionsPage(view, document, { field: wrong.field, typed: change }), problem.extras) : problem;
        });
        return { location: deep.start };
      },
    }),
  ];
}

function exitRoutes(desk: ReleaseDesk) {
  return [
    route({
      ...page(below), method: 'GET', path: '/release/pause', operation: 'askIfStillThere',
      handle: async (client) => {
        const session = await desk.look(client);
        return session ? pausePage({ session, links: below }) : desk.start(client, { at: '', language: undefined }, below, { notice: wordsIn(client.browser.language).signedOut });
      },
    }),
    // By itself, when nobody answered; no other site can make a browser bring the cookie along.
    route({
      ...page(below), method: 'GET', path: '/release/ended', operation: 'endReleaseByItself', status: 303, answer: { redirects: true },
      handle: async (client) => ({ location: await desk.end(client) }),
    }),
    route({
      ...movingPage(below), path: '/release/end', operation: 'endRelease', changes: false,
      handle: async (client) => ({ location: await desk.end(client) }),
    }),
  ];
}
