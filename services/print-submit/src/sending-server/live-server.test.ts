import { CauseDown } from '@inkpost/failure/failure.js';
import { StrangeAnswer } from '@inkpost/server-connection/server-exchange.js';
import { describe, expect, it } from 'vitest';
import { LiveServer } from './live-server.js';
import { asTrouble, SendingTrouble, STATUS_TEXTS } from './sending-status.js';

const failing = (error: Error) => async (): Promise<never> => {
  throw error;
};
const attempt = (live: LiveServer, error: Error) => live.run(failing(error)).catch((caught: unknown) => caught);

describe('the status of the server used for sending documents', () => {
  it('has the texts of the manual (SKY-035 to SKY-038)', () => {
    expect(STATUS_TEXTS).toMatchObject({
      operational: { en: 'Operational', fr: 'Opérationnel' }, 'unknown-location': { en: 'Unknown location', fr: 'Emplacement inconnu' }, cooldown: { en: 'Discovery: cooldown' }, 'authentication-failed': { en: 'Authentication failed' },
    });
  });

  it('is cooldown while the server rests, which is then left alone, and operational once it answers', async () => {
    let now = 0;
    const live = new LiveServer(() => now);
    expect(await attempt(live, new CauseDown('server.fault', 'It is silent.'))).toMatchObject({ state: 'cooldown', message: 'Discovery: cooldown: It is silent.' });
    expect([live.restsMs, live.status.state]).toEqual([1_000, 'cooldown']);
    let asked = 0;
    const ask = () => live.run(async () => (asked += 1)).catch(() => 'rests');
    expect([await ask(), asked]).toEqual(['rests', 0]);
    now += 1_000;
    await attempt(live, new CauseDown('server.fault', 'It is silent.'));
    expect(live.restsMs).toBe(2_000);
    now += 2_000;
    expect([live.restsMs, await ask(), live.status]).toMatchObject([0, 1, { state: 'operational', problem: '' }]);
  });

  it('tells a wrong account from a server that says something else than was agreed', () => {
    expect(asTrouble(new SendingTrouble('authentication-failed', 'Correct it.'))).toMatchObject({ state: 'authentication-failed' });
    expect(asTrouble(new StrangeAnswer('It says other things.'))).toMatchObject({ state: 'unknown-error' });
    expect(asTrouble(new TypeError('x is undefined'))).toMatchObject({ state: 'unknown-error', problem: 'x is undefined' });
  });

  it('of an unknown location stays though jobs are taken elsewhere, until a look', async () => {
    const live = new LiveServer();
    await live.look(async () => new SendingTrouble('unknown-location', 'There is none.'));
    await live.run(async () => 'answer');
    expect(live.status).toMatchObject({ state: 'unknown-location', problem: 'There is none.' });
    await live.look(async () => undefined);
    expect(live.status).toMatchObject({ state: 'operational' });
  });
});
