import { Code, ConnectError } from '@connectrpc/connect';
import { beforeAll, describe, expect, it } from 'vitest';
import { NotificationHarness, type StartedNotification } from '../notification.harness.js';

const RIGHTS = ['configuration.read', 'configuration.write'] as const;
const WORDS = { language: 'fr', subject: 'Imprimé', title: 'Imprimé', text: '$USER, c\'est imprimé : $DOCUMENTS' };
const KIND = 'notification-event';

describe('what notification of one server gives and what another takes', () => {
  let harnesses: NotificationHarness[];
  let master: StartedNotification;
  let slave: StartedNotification;

  beforeAll(async () => {
    harnesses = await Promise.all([NotificationHarness.start(), NotificationHarness.start()]);
    const [first, second] = await Promise.all(harnesses.map((harness) => harness.startService()));
    if (!first || !second) throw new Error('two services were started');
    [master, slave] = [first, second];
    return async () => {
      await Promise.all(harnesses.map((harness) => harness.stop()));
    };
  });

  async function told(): Promise<string[]> {
    const { rows } = await harnesses[0]?.superuser.query<{ id: string }>(
      `SELECT payload ->> 'objectId' AS id FROM flow.message WHERE subject = 'notification.object-changed.v1' ORDER BY (payload ->> 'version')::bigint`,
    ) ?? { rows: [] };
    return rows.map(({ id }) => id);
  }

  async function digest({ configuration }: StartedNotification, objectId: string): Promise<string> {
    const { objects } = await configuration(...RIGHTS).listSharedObjects({});
    return Buffer.from(objects.find((each) => each.objectId === objectId)?.digest ?? []).toString('hex');
  }

  async function copy(objectId: string): Promise<string> {
    const { body } = await master.configuration(...RIGHTS).readObject({ kind: KIND, objectId });
    const { outcome, problem } = await slave.configuration(...RIGHTS).applyObject({ kind: KIND, objectId, body });
    expect(problem).toBe('');
    return outcome;
  }

  it('is an event with who is told of it and the words that somebody changed', async () => {
    await master.configuration(...RIGHTS).setShared({ kind: KIND, objectId: 'printed', shared: true });
    await master.events(...RIGHTS).putNotificationEvent({ event: 'printed', enabled: true, targets: ['$USER', '$QUEUEADMIN'] });
    await master.events(...RIGHTS).putNotificationTemplate({ event: 'printed', template: WORDS });
    await master.events(...RIGHTS).putNotificationEvent({ event: 'failed', enabled: false, targets: ['$USER'] });
    expect(await told()).toEqual(['printed', 'printed', 'printed']);

    await slave.events(...RIGHTS).putNotificationTemplate({ event: 'printed', template: { ...WORDS, language: 'en' } });
    expect([await copy('printed'), await copy('printed')]).toEqual(['changed', 'unchanged']);
    expect(await digest(slave, 'printed')).toBe(await digest(master, 'printed'));
    const { events } = await slave.events(...RIGHTS).listNotificationEvents({});
    const printed = events.find(({ event }) => event === 'printed');
    expect(events.filter(({ provenance }) => provenance === 'received').map(({ event }) => event)).toEqual(['printed']);
    expect(printed).toMatchObject({ enabled: true, targets: ['$USER', '$QUEUEADMIN'] });
    expect(printed?.templates.map(({ language, default: isDefault }) => [language, isDefault])).toEqual(expect.arrayContaining([['fr', false], ['en', true]]));
  });

  it('is for the slave to read, and follows the master back to the words that Inkpost brings along', async () => {
    for (const call of [
      () => slave.events(...RIGHTS).putNotificationEvent({ event: 'printed', enabled: false, targets: ['$USER'] }),
      () => slave.events(...RIGHTS).putNotificationTemplate({ event: 'printed', template: { ...WORDS, language: 'en' } }),
      () => slave.events(...RIGHTS).resetNotificationTemplate({ event: 'printed', language: 'fr' }),
    ]) {
      const error = ConnectError.from(await call().then(() => undefined, (thrown: unknown) => thrown));
      expect([error.code, error.rawMessage]).toEqual([Code.FailedPrecondition, 'The notification event "printed" comes from the master: change it there.']);
    }
    await slave.events(...RIGHTS).putNotificationEvent({ event: 'expired', enabled: false, targets: ['$USER'] });
    await master.events(...RIGHTS).resetNotificationTemplate({ event: 'printed', language: 'fr' });
    expect(await copy('printed')).toBe('changed');
    expect(await digest(slave, 'printed')).toBe(await digest(master, 'printed'));
  });

  it('is refused where its words can\'t be', async () => {
    const body = Buffer.from(JSON.stringify({ enabled: true, targets: ['$USER'], templates: { fr: { ...WORDS, text: 'Sans code' } } }));
    expect(await slave.configuration(...RIGHTS).applyObject({ kind: KIND, objectId: 'code-requested', body })).toMatchObject({ outcome: 'refused', problem: expect.stringContaining('$CODE') as string });
    expect(await slave.configuration(...RIGHTS).applyObject({ kind: KIND, objectId: 'code-requested', body, dryRun: true })).toMatchObject({ outcome: 'refused', problem: expect.stringContaining('$CODE') as string });
    const inGerman = Buffer.from(JSON.stringify({ enabled: true, targets: ['$USER'], templates: { de: WORDS } }));
    expect(await slave.configuration(...RIGHTS).applyObject({ kind: KIND, objectId: 'printed', body: inGerman })).toMatchObject({ outcome: 'refused', problem: expect.stringContaining('language') as string });
    expect(await slave.configuration(...RIGHTS).applyObject({ kind: KIND, objectId: 'failed', dryRun: true, body: Buffer.from(JSON.stringify({ enabled: false, targets: ['$USER'], templates: { fr: WORDS } })) })).toMatchObject({ outcome: 'changed' });
    expect((await slave.events(...RIGHTS).listNotificationEvents({})).events.find(({ event }) => event === 'failed')).toMatchObject({ enabled: true, provenance: 'local' });
    expect(await slave.configuration(...RIGHTS).applyObject({ kind: KIND, objectId: 'no-such-event', body })).toMatchObject({ outcome: 'refused', problem: expect.stringContaining('no-such-event') as string });
  });
});
