import type { Language } from '../answer-route/browser.js';
import { HostCookie } from '../answer-route/host-cookie.js';

/** By which means somebody says who they are at a release point, in the order in which the page offers them. */
export const MEANS = ['puk', 'login-pin', 'card-pin'] as const;
export type Means = (typeof MEANS)[number];

/** Somebody at a release point who said who they are: for a moment, and for their own documents alone. */
export interface ReleaseSession {
  readonly accountId: string;
  /** For the audit log and the page, `DIRECTORY\login`; empty: a code, which names nobody. */
  readonly account: string;
  /** Whom guest-account knows it by; empty as above. */
  readonly directoryId: string;
  readonly login: string;
  /** `password`: for looking back and setting the PIN; nothing is released by it. */
  readonly means: Means | 'password';
  /** The queue that the page was opened for; empty: none. */
  readonly queueId: string;
  readonly language: Language;
  readonly idleSeconds: number;
}

/** Strict: nobody comes from elsewhere in the midst of a release, and so no other site can make a browser bring it. */
export const RELEASE_COOKIE = new HostCookie('inkpost-release', 'Strict');
