import { type Client, Code, ConnectError } from '@connectrpc/connect';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FieldProblemSchema } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';
import { LocationService } from '@inkpost/contracts/admin/v1/locations_pb.js';
import { type Instance, PrintHarness, queueSettings } from '../print-submit.harness.js';

let harness: PrintHarness;
let instance: Instance;
let locations: Client<typeof LocationService>;

beforeAll(async () => {
  harness = await PrintHarness.start();
  instance = await harness.startInstance();
  locations = instance.client(LocationService, ['configuration.read', 'configuration.write']);
  return () => harness.remove();
});

beforeEach(async () => {
  await harness.superuser.query(`UPDATE print_submit.server_location SET location_id = 'world'; DELETE FROM print_submit.queue; DELETE FROM print_submit.location WHERE id <> 'world'`);
});

async function refusal(call: Promise<unknown>): Promise<{ code: Code; field: string | undefined }> {
  const error = ConnectError.from(await call.then(() => new Error('the call was not refused'), (reason: unknown) => reason));
  return { code: error.code, field: error.findDetails(FieldProblemSchema)[0]?.field };
}

async function place(name: string, parentId = ''): Promise<string> {
  return (await locations.createLocation({ parentId, name })).location?.locationId ?? '';
}

const paths = async () => (await locations.listLocations({})).locations.map(({ path }) => path);

describe('places', () => {
  it('form a tree below the world, and all below one go with it when it moves or gets another name', async () => {
    const france = await place('France');
    const paris = await place('Paris', france);
    await place('Floor 2', paris);
    const europe = await place('Europe');
    expect(await paths()).toEqual(['World', 'World/Europe', 'World/France', 'World/France/Paris', 'World/France/Paris/Floor 2']);
    await locations.updateLocation({ locationId: france, parentId: europe, name: 'La France' });
    expect(await paths()).toEqual(['World', 'World/Europe', 'World/Europe/La France', 'World/Europe/La France/Paris', 'World/Europe/La France/Paris/Floor 2']);
    await locations.updateLocation({ locationId: 'world', name: 'Monde' });
    expect(await paths()).toContain('Monde/Europe/La France/Paris/Floor 2');
    await locations.updateLocation({ locationId: 'world', name: 'World' });
  });

  it('are refused where the tree would break, each with its reason', async () => {
    const france = await place('France');
    const paris = await place('Paris', france);
    expect(await refusal(place('France'))).toEqual({ code: Code.AlreadyExists, field: undefined });
    expect(await refusal(place('a/b'))).toEqual({ code: Code.InvalidArgument, field: 'name' });
    expect(await refusal(place(' '))).toEqual({ code: Code.InvalidArgument, field: 'name' });
    expect(await refusal(place('x', 'nowhere'))).toEqual({ code: Code.InvalidArgument, field: 'parentId' });
    expect(await refusal(locations.updateLocation({ locationId: france, parentId: paris, name: 'France' }))).toEqual({ code: Code.InvalidArgument, field: 'parentId' });
    expect(await refusal(locations.updateLocation({ locationId: france, parentId: france, name: 'France' }))).toEqual({ code: Code.InvalidArgument, field: 'parentId' });
    expect(await refusal(locations.updateLocation({ locationId: 'world', parentId: france, name: 'World' }))).toEqual({ code: Code.InvalidArgument, field: 'parentId' });
    expect(await refusal(locations.updateLocation({ locationId: 'nowhere', name: 'x' }))).toEqual({ code: Code.NotFound, field: undefined });
    expect(await refusal(locations.deleteLocation({ locationId: 'world' }))).toEqual({ code: Code.FailedPrecondition, field: undefined });
    let deepest = paris;
    for (let depth = 4; depth <= 10; depth += 1) deepest = await place(`level ${depth}`, deepest);
    expect(await refusal(place('one too deep', deepest))).toEqual({ code: Code.InvalidArgument, field: 'parentId' });
  });

  it('go only when nothing stands there any more', async () => {
    const france = await place('France');
    const paris = await place('Paris', france);
    await instance.queues.createQueue({ settings: { ...queueSettings('lobby', 'ipp://127.0.0.1:9/'), locationId: paris } });
    await locations.putServerLocation({ locationId: paris });
    const why = async (locationId: string) => locations.deleteLocation({ locationId }).then(() => 'deleted', (error: unknown) => ConnectError.from(error).rawMessage);
    expect(await why(france)).toContain('places below it');
    expect(await why(paris)).toContain('queues');
    await instance.queues.deleteQueue({ queueId: 'lobby' });
    expect(await why(paris)).toContain('this server');
    await locations.putServerLocation({ locationId: '' });
    expect([await why(paris), await why(france), await paths()]).toEqual(['deleted', 'deleted', ['World']]);
  });

  it('say where this server stands: in the world from the beginning, or nowhere', async () => {
    expect((await locations.getServerLocation({})).location?.path).toBe('World');
    const france = await place('France');
    expect((await locations.putServerLocation({ locationId: france })).location?.path).toBe('World/France');
    expect((await locations.putServerLocation({ locationId: '' })).location).toBeUndefined();
    expect(await refusal(locations.putServerLocation({ locationId: 'nowhere' }))).toEqual({ code: Code.InvalidArgument, field: 'locationId' });
  });
});

describe('queues', () => {
  const find = async (filter: object) => (await instance.queues.listQueues(filter)).queues.map(({ settings }) => settings?.queueId);

  async function furnish(): Promise<{ france: string; paris: string }> {
    const france = await place('France');
    const paris = await place('Paris', france);
    const make = async (queueId: string, more: object) => instance.queues.createQueue({ settings: { ...queueSettings(queueId, 'ipp://127.0.0.1:9/'), ...more } });
    await make('hall', { brand: 'Lexmark', model: 'CX 730', serialNumber: '7402_X', locationId: paris, tags: ['colour', 'A3'], comment: 'Near the 100% wool carpet' });
    await make('attic', { brand: 'Canon', model: 'iR 2425', locationId: france, geocode: 'fr/idf' });
    await make('cellar', { brand: 'lexmark', model: 'B2236' });
    return { france, paris };
  }

  it('are found by words in any of their properties', async () => {
    await furnish();
    expect(await find({ search: 'lexmark' })).toEqual(['cellar', 'hall']);
    expect(await find({ search: ' CX   lex ' })).toEqual(['hall']);
    expect([await find({ search: '7402_x' }), await find({ search: 'a3' }), await find({ search: '100%' }), await find({ search: 'paris' }), await find({ search: 'idf' })]).toEqual([['hall'], ['hall'], ['hall'], ['hall'], ['attic']]);
    expect([await find({ search: '%' }), await find({ search: 'ha_l' }), await find({ search: 'lexmark canon' }), await find({})]).toEqual([['hall'], [], [], ['attic', 'cellar', 'hall']]);
    expect(await refusal(find({ search: 'x'.repeat(201) }))).toEqual({ code: Code.InvalidArgument, field: 'search' });
  });

  it('are found by brand, model and place with all below it, and the filters are told', async () => {
    const { france, paris } = await furnish();
    expect(await find({ brand: 'LEXMARK' })).toEqual(['cellar', 'hall']);
    expect(await find({ brand: 'lexmark', model: 'cx 730' })).toEqual(['hall']);
    expect([await find({ locationId: france }), await find({ locationId: paris }), await find({ locationId: 'world' }), await find({ locationId: 'nowhere' })]).toEqual([['attic', 'hall'], ['hall'], ['attic', 'cellar', 'hall'], []]);
    expect(await instance.queues.listQueueFilters({})).toMatchObject({ brands: ['Canon', 'Lexmark', 'lexmark'], models: ['B2236', 'CX 730', 'iR 2425'], locationIds: [france, paris, 'world'].toSorted() });
  });

  it('come page by page, and show where they stand', async () => {
    const { paris } = await furnish();
    const first = await instance.queues.listQueues({ limit: 2 });
    expect([first.queues.map(({ settings }) => settings?.queueId), first.nextCursor]).toEqual([['attic', 'cellar'], 'cellar']);
    const second = await instance.queues.listQueues({ limit: 2, cursor: first.nextCursor });
    expect(second).toMatchObject({ nextCursor: '', queues: [{ locationPath: 'World/France/Paris', settings: { locationId: paris, tags: ['colour', 'A3'] } }] });
  });

  it('stand at a place that is there', async () => {
    expect(await refusal(instance.queues.createQueue({ settings: { ...queueSettings('lobby', 'ipp://127.0.0.1:9/'), locationId: 'nowhere' } }))).toEqual({ code: Code.InvalidArgument, field: 'locationId' });
  });
});
