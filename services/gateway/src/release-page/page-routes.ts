import { z } from 'zod';
import { sourceNetwork } from '@inkpost/service/source-network.js';
import type { Language } from '../answer-route/browser.js';
import { TEXT } from '../limits.js';
import { type Links, RELEASE_POLICY } from './frame.js';
import { releaseRefusalPage } from './refusal-page.js';
import type { Client, Opening } from './release-desk.js';
import type { ReleaseSession } from './release-session.js';

const right = { public: 'A page for everybody at a release point: a code or a PIN says whose documents it shows.' } as const;

/** What all pages of `/release` have in common. */
export function page(links: Links) {
  return { right, summary: 'A page', undescribed: true, status: 200, answer: { mediaType: 'text/html; charset=utf-8' }, contentSecurityPolicy: RELEASE_POLICY, refusalPage: releaseRefusalPage(links) } as const;
}

/** A form of such a page, after which the browser goes on elsewhere. */
export function movingPage(links: Links) {
  return { ...page(links), method: 'POST', form: true, status: 303, answer: { redirects: true } } as const;
}

/** How the page was opened: what is wrong there is left out, since people come by links that others made. */
export const openingFields = { at: z.string().max(TEXT.id).catch('').default(''), language: z.enum(['en', 'fr']).optional().catch(undefined) };

export function toOpening({ at, language }: { readonly at: string; readonly language?: Language | undefined }): Opening {
  return { at, language };
}

/** On whose behalf print-submit is asked, and where. */
export function whoOf({ accountId, means }: ReleaseSession, { source }: Client) {
  return { accountId, means, releasePoint: sourceNetwork(source) };
}
