import { describe, expect, it } from 'vitest';
import { CauseDown } from '@inkpost/failure/failure.js';
import { LiveServer } from './live-server.js';
import { asTrouble, ServerTrouble, STATUS_TEXTS } from './server-status.js';

const failing = (error: Error) => async (): Promise<never> => {
  throw error;
};
const attempt = (live: LiveServer, error: Error) => live.run(failing(error)).catch((caught: unknown) => caught);

describe('the status of the server', () => {
  it('has the texts of the manual (SKY-036, SKY-040 to SKY-043)', () => {
    expect(STATUS_TEXTS).toEqual({
      operational: { en: 'Operational', fr: 'Opérationnel' },
      'unknown-error': { en: 'Unknown error', fr: 'erreur inconnue :' },
      'not-initialised': { en: 'Component not initialised', fr: 'le composant n\'est pas initialisé :' },
      'connection-failed': { en: 'connection to Watchdoc failed', fr: 'la connexion à watchdoc a échoué' },
      'rights-missing': { en: 'The account does not have the necessary rights', fr: 'Le compte n\'a pas les droits nécessaires' },
    });
  });

  it('is not known before anybody asked, and operational once an answer came', async () => {
    const live = new LiveServer();
    expect(live.status).toMatchObject({ state: 'not-initialised' });
    expect(await live.run(async () => 'answer')).toBe('answer');
    expect(live.status).toMatchObject({ state: 'operational', problem: '', since: expect.any(Date) as unknown });
  });

  it('says what failed, since when, and keeps that while it goes on', async () => {
    const live = new LiveServer();
    expect(await attempt(live, new CauseDown('server.fault', 'It is silent.'))).toMatchObject({ code: 'user-management.connection-failed', message: 'connection to Watchdoc failed: It is silent.' });
    const { since } = live.status;
    expect(await attempt(live, new Error('never asked: it rests'))).toMatchObject({ problem: 'It is silent.' });
    expect(live.status).toEqual({ state: 'connection-failed', problem: 'It is silent.', since });
  });

  it('takes what nobody foresaw for an unknown error', () => {
    expect(asTrouble(new TypeError('x is undefined'))).toMatchObject({ state: 'unknown-error', message: 'Unknown error: x is undefined' });
  });

  it('of missing rights stays though other questions are answered, until a look at all of them', async () => {
    const live = new LiveServer();
    live.noteTrouble(new ServerTrouble('rights-missing', 'guests.add is missing.'));
    await live.run(async () => 'answer');
    expect(live.status).toMatchObject({ state: 'rights-missing' });
    await live.look(async () => ['guests.add', 'guests.edit']);
    expect(live.status).toMatchObject({ state: 'rights-missing', problem: 'A security profile on that server must give its account guests.add, guests.edit too.' });
    await live.look(async () => []);
    expect(live.status).toMatchObject({ state: 'operational', problem: '' });
  });

  it('is looked at through a pause, and mails go on at once when it is back', async () => {
    const live = new LiveServer();
    await attempt(live, new Error('down'));
    await live.look(failing(new Error('still down')));
    expect(live.status).toMatchObject({ state: 'unknown-error', problem: 'still down' });
    await live.look(async () => []);
    expect(await live.run(async () => 'answer')).toBe('answer');
  });
});
