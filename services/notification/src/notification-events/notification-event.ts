import type { Language } from '../templates/language.js';

/** What people are told of. */
export const EVENTS = ['document-waiting', 'document-waiting-pin', 'code-requested', 'printed', 'failed', 'expiring', 'expired', 'refused', 'certificate-expiring', 'certificate-expired', 'object-renamed'] as const;
export type EventName = (typeof EVENTS)[number];

/** What stands in a template for what is known when the mail is written (V-07). */
export const MACROS = ['$USER', '$ADDRESS', '$DOCUMENTS', '$COUNT', '$QUEUE', '$CODE', '$UNTIL', '$WHEN', '$SUBJECT', '$REFUSED', '$REASON', '$DETAIL', '$QUEUEADMIN', '$QUEUESUPPORT', '$QUEUEQUOTA', '$SERVER', '$CERTIFICATE', '$OBJECT', '$RENAMED'] as const;
export type Macro = (typeof MACROS)[number];

/** The words of one event in one language. How its text is read: `renderTemplate`. */
export interface Template {
  readonly subject: string;
  readonly title: string;
  readonly text: string;
}

/** Whom a mail goes to, besides mail addresses: the first is written to, the others get a copy. */
export const TARGET_MACROS = ['$USER', '$QUEUEADMIN', '$QUEUESUPPORT'] as const;

/** What an installation may say of an event. */
export interface EventSettings {
  readonly enabled: boolean;
  readonly targets: readonly string[];
}

interface EventRules extends EventSettings {
  readonly macros: readonly Macro[];
  /** The template must have $CODE, and the mail goes to nobody but the user. */
  readonly bearsCode?: true;
  /** Whose switch a group of queues has for it. */
  readonly groupSwitch?: string;
  /** It is about the server and nobody's document: mail addresses alone can be told. */
  readonly ofServer?: true;
}

const ABOUT_JOBS: readonly Macro[] = ['$USER', '$ADDRESS', '$DOCUMENTS', '$COUNT', '$QUEUE', '$QUEUEADMIN', '$QUEUESUPPORT', '$QUEUEQUOTA'];
const ABOUT_CERTIFICATES = { enabled: false, targets: [], macros: ['$SERVER', '$CERTIFICATE', '$UNTIL'], ofServer: true } as const;
const ON = { enabled: true, targets: ['$USER'] } as const;

export const EVENT_RULES: Readonly<Record<EventName, EventRules>> = {
  'document-waiting': { ...ON, macros: [...ABOUT_JOBS, '$CODE', '$UNTIL', '$SUBJECT', '$REFUSED'], bearsCode: true, groupSwitch: 'document-waiting' },
  'document-waiting-pin': { ...ON, macros: [...ABOUT_JOBS, '$UNTIL', '$SUBJECT', '$REFUSED'], groupSwitch: 'document-waiting' },
  'code-requested': { ...ON, macros: [...ABOUT_JOBS, '$CODE', '$UNTIL'], bearsCode: true },
  // Whoever released a document usually stands at the printer.
  printed: { enabled: false, targets: ['$USER'], macros: [...ABOUT_JOBS, '$WHEN'], groupSwitch: 'printed' },
  failed: { ...ON, macros: [...ABOUT_JOBS, '$REASON', '$DETAIL'], groupSwitch: 'failed' },
  expiring: { ...ON, macros: [...ABOUT_JOBS, '$UNTIL'], groupSwitch: 'expiring' },
  expired: { ...ON, macros: ABOUT_JOBS, groupSwitch: 'expired' },
  refused: { ...ON, macros: ['$USER', '$ADDRESS', '$SUBJECT', '$REFUSED', '$REASON', '$DETAIL'] },
  // Off until somebody says who is to be told.
  'certificate-expiring': ABOUT_CERTIFICATES,
  'certificate-expired': ABOUT_CERTIFICATES,
  'object-renamed': { enabled: false, targets: [], macros: ['$SERVER', '$OBJECT', '$RENAMED'], ofServer: true },
};

export function isEventName(text: string): text is EventName {
  return EVENTS.some((event) => event === text);
}

/** What holds of an event now. */
export interface CurrentEvent extends EventSettings {
  readonly templates: Readonly<Record<Language, Template>>;
}
