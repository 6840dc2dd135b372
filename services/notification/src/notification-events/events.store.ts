import { type Pool, query } from '@inkpost/postgres/pool.js';
import { type Language, LANGUAGES } from '../templates/language.js';
import { DEFAULT_TEMPLATES } from './default-templates.js';
import { type CurrentEvent, EVENT_RULES, EVENTS, type EventName, type EventSettings, type Template } from './notification-event.js';

const READ = `
  SELECT (SELECT coalesce(jsonb_object_agg(event, jsonb_build_object('enabled', enabled, 'targets', targets)), '{}') FROM notification_event) AS settings,
    (SELECT coalesce(jsonb_object_agg(event || ' ' || language, jsonb_build_object('subject', subject, 'title', title, 'text', text)), '{}') FROM notification_template) AS templates`;

/** What was changed by administrators; of templates by event and language. */
interface ChangedRow extends Record<string, unknown> {
  readonly settings: Readonly<Partial<Record<string, EventSettings>>>;
  readonly templates: Readonly<Partial<Record<string, Template>>>;
}

/** An event as it holds, and which of its templates nobody changed. */
export interface StoredEvent extends CurrentEvent {
  readonly defaults: readonly Language[];
}

export type StoredEvents = Readonly<Record<EventName, StoredEvent>>;

/** What people are told of, and in which words. */
export class EventsStore {
  constructor(private readonly pool: Pool) {}

  async read(): Promise<StoredEvents> {
    const [row] = await query<ChangedRow>(this.pool, 'events.read', READ, []);
    const { settings = {}, templates = {} } = row ?? {};
    const eventOf = (event: EventName): StoredEvent => {
      const templateOf = (language: Language): Template => templates[`${event} ${language}`] ?? DEFAULT_TEMPLATES[event][language];
      const { enabled, targets } = settings[event] ?? EVENT_RULES[event];
      return { enabled, targets, templates: { fr: templateOf('fr'), en: templateOf('en') }, defaults: LANGUAGES.filter((language) => templates[`${event} ${language}`] === undefined) };
    };
    return Object.fromEntries(EVENTS.map((event) => [event, eventOf(event)])) as StoredEvents;
  }

  async putSettings(event: EventName, { enabled, targets }: EventSettings, actor: string): Promise<void> {
    await query(
      this.pool, 'events.put',
      `INSERT INTO notification_event (event, enabled, targets, changed_by) VALUES ($1, $2, $3, $4)
       ON CONFLICT (event) DO UPDATE SET enabled = excluded.enabled, targets = excluded.targets, changed_by = excluded.changed_by, changed_at = now()`, [event, enabled, targets, actor],
    );
  }

  async putTemplate(event: EventName, language: Language, { subject, title, text }: Template, actor: string): Promise<void> {
    await query(
      this.pool, 'events.put-template',
      `INSERT INTO notification_template (event, language, subject, title, text, changed_by) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (event, language) DO UPDATE SET subject = excluded.subject, title = excluded.title, text = excluded.text, changed_by = excluded.changed_by, changed_at = now()`,
      [event, language, subject, title, text, actor],
    );
  }

  async resetTemplate(event: EventName, language: Language): Promise<void> {
    await query(this.pool, 'events.reset-template', 'DELETE FROM notification_template WHERE event = $1 AND language = $2', [event, language]);
  }
}
