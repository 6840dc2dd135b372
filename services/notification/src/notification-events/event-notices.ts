import type { JsonValue } from '@bufbuild/protobuf';
import type { FlowMessage } from '@inkpost/flow/flow-client.js';
import type { Payload } from '@inkpost/flow/payload.js';
import { CurrentSettings } from '@inkpost/service/current-settings.js';
import { SETTINGS_AGE_MAX_MS } from '../limits.js';
import type { MailDelivery } from '../notify/mail-delivery.js';
import type { MailKind } from '../notify/outgoing.store.js';
import { foreignText } from '../templates/foreign-text.js';
import type { Language } from '../templates/language.js';
import { limitWords } from '../templates/limit-words.js';
import type { EventsStore, StoredEvents } from './events.store.js';
import { EVENT_RULES, type EventName } from './notification-event.js';
import { type MacroValues, renderTemplate } from './render-template.js';

type QueueNotices = Payload<'print.job-held.v1'>['notices'][number];

/** What happened, to whom, and what there is to say of it. */
export interface EventNotice {
  readonly event: EventName;
  readonly kind: MailKind;
  readonly user: { readonly address: string; readonly displayName: string; readonly language: string; readonly accountId?: string };
  /** Of the queue's group: one or none. */
  readonly notices: readonly QueueNotices[];
  readonly values: (language: Language) => MacroValues;
  /** Stays out of the journey, even if the mail server should repeat it. */
  readonly code?: string;
  readonly evidence?: Readonly<Record<string, JsonValue>>;
  readonly document?: string;
}

/** Tells people of what they are to be told of, in the words of the installation. */
export class EventNotices {
  private readonly events: CurrentSettings<StoredEvents>;

  constructor(
    private readonly delivery: MailDelivery,
    store: EventsStore,
  ) {
    this.events = new CurrentSettings(() => store.read(), SETTINGS_AGE_MAX_MS);
  }

  /** After a change in this process: the next mail goes by it. */
  expire(): void {
    this.events.expire();
  }

  /** Whether anybody is told of it there. */
  async isTold(event: EventName, notices: readonly QueueNotices[] = []): Promise<boolean> {
    return isOn(event, (await this.events.get())[event].enabled, notices);
  }

  /** Throws as `MailDelivery.deliver`. */
  async tell(message: FlowMessage, notice: EventNotice): Promise<void> {
    const { event, kind, user, notices, values, ...more } = notice;
    const { enabled, targets, templates } = (await this.events.get())[event];
    if (!isOn(event, enabled, notices)) {
      // That a mail which nobody expects was never wanted explains nothing.
      if (!EVENT_RULES[event].enabled) return this.delivery.close(message);
      return this.delivery.leaveUntold(message, kind, { to: user.address, reason: 'event-off' });
    }
    const [to, ...cc] = recipientsOf(targets, user.address, notices);
    if (to === undefined) return this.delivery.leaveUntold(message, kind, { reason: 'no-target' });
    const toUser = to === user.address;
    const contacts = (of: 'administrators' | 'support') => [...new Set(notices.flatMap((each) => each[of]))].join(', ');
    await this.delivery.deliver(message, {
      ...more, kind, to, cc, displayName: toUser ? user.displayName : '', language: user.language, ...(toUser && user.accountId !== undefined ? { accountId: user.accountId } : {}),
      render: (language) => renderTemplate(templates[language], {
        $USER: foreignText(user.displayName) || user.address, $ADDRESS: foreignText(user.address), $QUEUEADMIN: contacts('administrators'), $QUEUESUPPORT: contacts('support'),
        $QUEUEQUOTA: limitWords(notices.flatMap(({ limits }) => limits), language), ...values(language),
      }, language),
    });
  }
}

/** The group of a queue has the last word. */
function isOn(event: EventName, enabled: boolean, notices: readonly QueueNotices[]): boolean {
  const { groupSwitch } = EVENT_RULES[event];
  if (groupSwitch === undefined) return enabled;
  if (notices.some(({ eventsOff }) => eventsOff.includes(groupSwitch))) return false;
  return enabled || notices.some(({ eventsOn }) => eventsOn.includes(groupSwitch));
}

/** Each once, in the order of the targets. */
function recipientsOf(targets: readonly string[], userAddress: string, notices: readonly QueueNotices[]): string[] {
  const addresses = targets.flatMap((target) => {
    if (target === '$USER') return [userAddress];
    if (target === '$QUEUEADMIN') return notices.flatMap(({ administrators }) => administrators);
    return target === '$QUEUESUPPORT' ? notices.flatMap(({ support }) => support) : [target];
  });
  return [...new Set(addresses)];
}
