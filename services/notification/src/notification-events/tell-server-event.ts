import { Failure } from '@inkpost/failure/failure.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { ANSWER_LENGTH_MAX, OCCASION_RETRY_SECONDS, SMTP_TEST_TIMEOUT_MS } from '../limits.js';
import type { MailMetrics } from '../notify/mail-metrics.js';
import { messageIdOf } from '../notify/message-id.js';
import type { CurrentOutgoingMail } from '../outgoing-mail/current-outgoing-mail.js';
import type { Language } from '../templates/language.js';
import type { EventsStore } from './events.store.js';
import type { EventName } from './notification-event.js';
import { type MacroValues, renderTemplate } from './render-template.js';

export interface Told {
  readonly outcome: 'told' | 'told-before' | 'off' | 'not-sent';
  /** What the mail server said. */
  readonly answer: string;
}

interface Parts {
  readonly store: EventsStore;
  readonly outgoing: CurrentOutgoingMail;
  readonly pool: Pool;
  readonly metrics: MailMetrics;
}

// An occasion belongs for a moment to who claims it: several gateways see the same certificate end. One that was told is never claimed again.
const CLAIM = `
  INSERT INTO outgoing AS o (flow_message_id, journey_id, kind, recipient, internet_message_id) VALUES ($1, $1, $5, $2, $3)
  ON CONFLICT (flow_message_id) DO UPDATE SET tries = o.tries + 1, created_at = now(), recipient = excluded.recipient
    WHERE o.state = 'intent' AND o.created_at < now() - make_interval(secs => $4)
  RETURNING internet_message_id`;
const SETTLE = 'UPDATE outgoing SET state = $2, answer = $3, settled_at = now() WHERE flow_message_id = $1';

/** Mails administrators what is about the server itself and follows from no mail. Each occasion once; where the mail server is down, whoever saw it asks again. */
export class TellServerEvent {
  constructor(private readonly parts: Parts) {}

  async tell(event: EventName, occasionId: string, values: (language: Language) => MacroValues): Promise<Told> {
    const { store, outgoing, pool, metrics } = this.parts;
    const { enabled, targets: [to, ...cc], templates } = (await store.read())[event];
    if (!enabled || to === undefined) return { outcome: 'off', answer: '' };
    const kind = event === 'object-renamed' ? 'renamed' : 'certificate';
    try {
      const { server, settings } = await outgoing.get();
      const internetMessageId = messageIdOf(occasionId, settings.fromAddress);
      const claimed = await query(pool, 'outgoing.claim-occasion', CLAIM, [occasionId, to, internetMessageId, OCCASION_RETRY_SECONDS, kind]);
      if (claimed.length === 0) return { outcome: 'told-before', answer: '' };
      const { language } = settings;
      const mail = { ...renderTemplate(templates[language], values(language), language), to, cc, displayName: '', language, autoSubmitted: 'auto-generated', confidential: [], internetMessageId } as const;
      const { delivered, answer } = await server.send(mail, AbortSignal.timeout(SMTP_TEST_TIMEOUT_MS));
      await query(pool, 'outgoing.settle-occasion', SETTLE, [occasionId, delivered ? 'sent' : 'failed', answer.slice(0, ANSWER_LENGTH_MAX)]);
      metrics.count(kind, delivered ? 'sent' : 'failed');
      return { outcome: 'told', answer };
    } catch (error) {
      if (error instanceof Failure) return { outcome: 'not-sent', answer: error.message };
      throw error;
    }
  }
}
