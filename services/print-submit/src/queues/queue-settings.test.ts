import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { checkQueueSettings, type QueueSettings } from './queue-settings.js';

const good: QueueSettings = {
  queueId: 'lobby', name: 'Lobby', printerUri: 'ipp://printer.example.org/ipp/print', validation: true, holdHours: 24, keepHours: 0, certificateAuthority: '',
  brand: 'Lexmark', model: 'CX 730', serialNumber: '7402', locationId: 'world', geocode: 'fr/idf/paris', tags: ['color'], comment: 'Near the stairs', groupId: '', expert: {},
};

describe('the settings of a queue', () => {
  it('are taken as they are, trimmed', () => {
    expect(checkQueueSettings({ ...good, name: '  Lobby ', printerUri: ' ipps://10.0.0.9/ ' })).toEqual({ ...good, name: 'Lobby', printerUri: 'ipps://10.0.0.9/' });
  });

  it('stand in the world where nothing is said, and have each tag once', () => {
    expect(checkQueueSettings({ ...good, locationId: '', tags: ['a', ' a ', '', 'b'] })).toMatchObject({ locationId: 'world', tags: ['a', 'b'] });
  });

  it('hold for 72 hours where nothing is said', () => {
    expect(checkQueueSettings({ ...good, holdHours: 0 })).toMatchObject({ holdHours: 72 });
  });

  it('may trust a certificate', () => {
    expect(checkQueueSettings({ ...good, certificateAuthority: rootCertificates[0] ?? '' })).toMatchObject({ queueId: 'lobby' });
  });

  it.each([
    [{ queueId: '' }, 'queueId', /letters, digits/],
    [{ queueId: 'two words' }, 'queueId', /letters, digits/],
    [{ queueId: '-x' }, 'queueId', /start with/],
    [{ queueId: 'x'.repeat(65) }, 'queueId', /1 to 64/],
    [{ name: '  ' }, 'name', /is missing/],
    [{ name: 'x'.repeat(101) }, 'name', /at most 100/],
    [{ name: 'a\u0007b' }, 'name', /control characters/],
    [{ printerUri: 'socket://printer:9100' }, 'printerUri', /must start with ipp:\/\//],
    [{ printerUri: 'ipp://user:secret@printer/' }, 'printerUri', /user or password/],
    [{ printerUri: `ipp://printer/${'x'.repeat(1_024)}` }, 'printerUri', /at most 1024/],
    [{ holdHours: 721 }, 'holdHours', /at most 720/],
    [{ keepHours: 721 }, 'keepHours', /at most 720/],
    [{ certificateAuthority: 'no pem' }, 'certificateAuthority', /PEM/],
    [{ certificateAuthority: 'x'.repeat(70_000) }, 'certificateAuthority', /at most/],
    [{ brand: 'x'.repeat(101) }, 'brand', /at most 100/],
    [{ serialNumber: 'a\tb' }, 'serialNumber', /control characters/],
    [{ comment: 'x'.repeat(1_001) }, 'comment', /at most 1000/],
    [{ geocode: 'x'.repeat(251) }, 'geocode', /at most 250/],
    [{ tags: Array.from({ length: 21 }, (_, at) => `tag ${at}`) }, 'tags', /at most 20/],
    [{ tags: ['x'.repeat(51)] }, 'tags', /at most 50/],
  ])('are refused for %j', (change, field, reason) => {
    expect(checkQueueSettings({ ...good, ...change })).toEqual({ field, reason: expect.stringMatching(reason) });
  });
});
