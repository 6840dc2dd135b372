import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Site } from '../domain/site.js';
import { PRINTER_URI, type RestMethod, SITE_PASSWORD } from '../domain/site-conversation.js';
import { SiteNetwork, whyNoNetworks } from '../domain/site-network.js';

const NAMES = ['paris', 'lyon', 'attic'] as const;
type Name = (typeof NAMES)[number];

/** Its documents come out of the site's own printer. */
const LOBBY = 'lobby@inkpost.test';
/** Two requests of a slave are five seconds apart at most. */
const MAILBOX = { mode: 'mailbox', waitMinSeconds: 0, waitMaxSeconds: 5, waitJitterSeconds: 0 };
/** So slow that half a megabyte takes a minute. */
const SLOW_KILOBITS_PER_SECOND = 96;
/** A cut connection is found out by TCP, which doubles its pauses; a line may be slow; and others use the machine. */
const eventually = <T>(look: () => Promise<T>) => expect.poll(look, { timeout: 180_000, interval: 200 });
/** Of a story. */
const STORY_MS = 300_000;

const why = await whyNoNetworks();
/** Whole suites, each with its own PostgreSQL, Redis and printer, in networks of their own. Paris is the master; the attic can only call out. */
describe.skipIf(why !== undefined)(`three sites in networks of their own${why === undefined ? '' : ` [skipped: ${why}]`}`, () => {
  let network: SiteNetwork;
  let sites: Readonly<Record<Name, Site>>;
  const mailed: Record<Name, number> = { paris: 0, lyon: 0, attic: 0 };

  beforeAll(async () => {
    network = await SiteNetwork.create(NAMES);
    await network.letOnlyCallOut('attic');
    const started = await Promise.allSettled(NAMES.map((name) => Site.start(name, network.namespace(name), network.address(name))));
    sites = Object.fromEntries(started.flatMap((each, index) => (each.status === 'fulfilled' ? [[NAMES[index], each.value]] : []))) as Record<Name, Site>;
    for (const each of started) if (each.status === 'rejected') throw each.reason;
  }, STORY_MS);
  afterAll(async () => {
    await Promise.all(Object.values(sites ?? {}).map((site) => site.stop()));
    await network?.remove();
  }, 60_000);

  async function ask<T = Record<string, unknown>>(site: Site, method: RestMethod, path: string, body?: unknown): Promise<T> {
    const answer = await site.rest(method, path, body);
    expect(answer, `${site.name} ${method} ${path} ${JSON.stringify(answer.body)}`).toMatchObject({ status: 200 });
    return answer.body as T;
  }

  /** What the domain shares, as an administrator of the site sees it. */
  async function configuration(site: Site) {
    const { locations } = await ask<{ locations: { path: string; provenance: string; locationId: string }[] }>(site, 'GET', '/locations');
    const { filters } = await ask<{ filters: { filterId: string; provenance: string }[] }>(site, 'GET', '/filters');
    const { queues } = await ask<{ queues: { queueId: string; name: string; comment: string; locationPath: string; provenance: string }[] }>(site, 'GET', '/queues?limit=200');
    const shared = ({ provenance }: { provenance: string }) => provenance !== 'local';
    const places = locations.filter(shared).map(({ locationId, path }) => `${locationId} ${path}`);
    const rules = filters.filter(shared).map(({ provenance: _provenance, ...filter }) => JSON.stringify(filter));
    return [...places, ...rules, ...queues.filter(shared).map(({ queueId, name, comment, locationPath }) => `${queueId} ${name} ${comment} ${locationPath}`)].toSorted();
  }

  const standings = async (master: Site) => (await ask<{ servers: { standing: string }[] }>(master, 'GET', '/domain/replication')).servers.map(({ standing }) => standing);

  /** As administrators see it, and by the checksums over all objects: that is what level means. */
  async function allAs(master: Site, ...slaves: readonly Site[]): Promise<void> {
    const wanted = await configuration(master);
    for (const slave of slaves) await eventually(() => configuration(slave)).toEqual(wanted);
    await eventually(() => standings(master)).toEqual(slaves.map(() => 'level'));
  }

  async function share(site: Site, name: string): Promise<string> {
    const { locationId } = await ask<{ locationId: string }>(site, 'POST', '/locations', { name });
    await ask(site, 'PUT', `/domain/global-objects/location/${locationId}`, { global: true });
    return locationId;
  }

  /** Of so many bytes that nothing makes them fewer. */
  async function shareLargeFilter(site: Site, filterId: string): Promise<void> {
    const texts = () => Array.from({ length: 200 }, () => randomBytes(230).toString('base64'));
    await ask(site, 'POST', '/filters', { filterId, name: filterId, when: { users: texts(), groups: texts() }, action: { kind: 'refuse' } });
    await ask(site, 'PUT', `/domain/global-objects/filter/${filterId}`, { global: true });
  }

  async function ownPlaces(site: Site): Promise<string[]> {
    const { locations } = await ask<{ locations: { name: string; provenance: string }[] }>(site, 'GET', '/locations');
    return locations.filter(({ name, provenance }) => provenance === 'local' && name !== 'World').map(({ name }) => name).toSorted();
  }

  const domainOf = (site: Site) => ask<{ role: string; serverId: string; domain: { masterId: string } }>(site, 'GET', '/domain');

  /** Mails documents to the sites, which come out of their printers. */
  async function print(counts: Readonly<Partial<Record<Name, number>>>): Promise<void> {
    for (const name of NAMES) mailed[name] += counts[name] ?? 0;
    await Promise.all(NAMES.map((name) => sites[name].mail(LOBBY, counts[name] ?? 0)));
    for (const name of NAMES) await eventually(() => sites[name].printed()).toBe(mailed[name]);
  }

  /** What was mailed to the sites, and came out of their printers, is what the master counts, each document once; and all days are equal. */
  async function allCounted(master: Site): Promise<void> {
    const all = await Promise.all(NAMES.map(async (name) => ({ site: sites[name], serverId: (await domainOf(sites[name])).serverId, mailed: mailed[name], printed: await sites[name].printed() })));
    expect(all.map(({ printed }) => printed)).toEqual(all.map(({ mailed: count }) => count));
    await eventually(async () => {
      for (const { site } of all) if (site !== master) await ask(site, 'POST', '/domain/statistics/delivery');
      const { rows } = await ask<{ rows: { key: string; jobs: number }[] }>(master, 'GET', '/statistics/prints?by=server');
      return Object.fromEntries(rows.map(({ key, jobs }) => [key, jobs]));
    }).toEqual(Object.fromEntries(all.map(({ serverId, printed }) => [serverId, printed])));
    await eventually(async () => (await ask<{ servers: { equal: boolean }[] }>(master, 'GET', '/domain/statistics')).servers.map(({ equal }) => equal)).toEqual([true, true]);
  }

  it('two form a domain: what is large comes over a slow line, though the master loses its power while it is on its way', async () => {
    const { paris, lyon } = sites;
    await ask(paris, 'POST', '/domain', { identifier: paris.address });
    await ask(paris, 'POST', '/domain/servers', { address: lyon.address, password: SITE_PASSWORD });
    await network.slow('lyon', SLOW_KILOBITS_PER_SECOND);
    const before = await network.received('lyon');
    await eightAtOnce(5, (index) => shareLargeFilter(paris, `large-${index}`));
    // The first goes alone: 170 kB. Those behind it are under way.
    await eventually(async () => (await network.received('lyon')) - before).toBeGreaterThan(220_000);
    await paris.kill('everything');
    expect((await configuration(lyon)).length).toBeLessThan(5);
    await paris.restart();
    await allAs(paris, lyon);
    await network.quicken('lyon');
  }, STORY_MS);

  it('one that only calls out comes to them, and what is configured once on the master is on all: each prints by it', async () => {
    const { paris, lyon, attic } = sites;
    await ask(paris, 'PUT', '/domain/synchronization', MAILBOX);
    expect([await paris.reaches(lyon), await paris.reaches(attic), await attic.reaches(paris)]).toEqual([true, false, true]);
    await ask(attic, 'POST', '/domain/join', { master: paris.address, password: SITE_PASSWORD, ownAddress: attic.address });
    await ask(paris, 'POST', '/queues', { queueId: 'lobby', name: 'Lobby', printerUri: PRINTER_URI, validation: false, locationId: await share(paris, 'Hall') });
    await ask(paris, 'PUT', '/domain/global-objects/queue/lobby', { global: true });
    await allAs(paris, lyon, attic);
    for (const site of [paris, lyon, attic]) await ask(site, 'POST', '/mailboxes', { address: LOBBY, kind: 'smtp', queueId: 'lobby' });
    await print({ paris: 1, lyon: 1, attic: 1 });
    await allCounted(paris);
  }, STORY_MS);

  it('the line of one is cut for a day full of changes: it has them all once the line is whole, and has kept what is its own', async () => {
    const { paris, lyon, attic } = sites;
    await ask(lyon, 'POST', '/locations', { name: 'Room 7' });
    const before = await configuration(lyon);
    await network.cut('lyon');
    const rooms = await eightAtOnce(150, (index) => share(paris, `Room ${index}`));
    await eightAtOnce(150, (index) => (index % 3 === 0 ? ask(paris, 'DELETE', `/locations/${rooms[index]}`) : ask(paris, 'PUT', `/locations/${rooms[index]}`, { name: `${index % 3 === 1 ? 'Office' : 'Room'} ${index}` })));
    await ask(lyon, 'POST', '/locations', { name: 'Cellar' });
    await print({ paris: 1, lyon: 3, attic: 2 });
    await eventually(() => configuration(attic)).toEqual(await configuration(paris));
    expect(await configuration(lyon)).toEqual(before);
    expect((await standings(paris)).toSorted()).toEqual(['behind', 'level']);
    await network.heal('lyon');
    await allAs(paris, lyon, attic);
    expect(await ownPlaces(lyon)).toEqual(['Cellar', 'Room 7']);
    await allCounted(paris);
  }, STORY_MS);

  it('one is killed while it applies what it was given, and the master while it hears of more: all are equal after it, and nothing that was answered is lost', async () => {
    const { paris, lyon, attic } = sites;
    await network.cut('lyon');
    await eightAtOnce(100, (index) => share(paris, `Annex ${index}`));
    // A machine that takes its time: there is a middle to be killed in.
    await lyon.query(`CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.05); RETURN NEW; END';
      CREATE TRIGGER take_time BEFORE INSERT ON print_submit.location FOR EACH ROW EXECUTE FUNCTION take_time()`);
    await print({ paris: 2, lyon: 2 });
    await network.heal('lyon');
    const count = async (rows: string) => Number((await lyon.query<{ count: string }>(`SELECT count(*) FROM ${rows}`))[0]?.count);
    const applied = () => count("print_submit.location WHERE name LIKE 'Annex %'");
    await eventually(applied).toBeGreaterThan(0);
    await lyon.kill('suite');
    expect([await applied(), await count('domain_sync.pending_order')]).toEqual([expect.toSatisfy((made: number) => made < 100), expect.toSatisfy((pending: number) => pending > 0)]);
    const answers = Array.from({ length: 40 }, (_, index) => ask(paris, 'POST', '/locations', { name: `Wing ${index}` }).then(({ locationId }) => ask(paris, 'PUT', `/domain/global-objects/location/${String(locationId)}`, { global: true })));
    await Promise.race(answers);
    await paris.kill('suite');
    const answered = (await Promise.allSettled(answers)).filter(({ status }) => status === 'fulfilled').length;
    await Promise.all([lyon.restart(), paris.restart()]);
    await allAs(paris, lyon, attic);
    expect((await configuration(attic)).filter((object) => object.includes('Wing')).length).toBeGreaterThanOrEqual(answered);
    await allCounted(paris);
  }, STORY_MS);

  it('the master comes back from behind a cut, where it still took changes, when there is another: all follow that one', async () => {
    const { paris, lyon, attic } = sites;
    const place = await share(paris, 'Disputed');
    await allAs(paris, lyon, attic);
    const [{ serverId }, own] = [await domainOf(lyon), await ownPlaces(paris)];
    expect((await lyon.rest('POST', `/domain/servers/${serverId}/promotion`)).status).toBe(409);
    await network.cut('paris');
    await ask(lyon, 'POST', `/domain/servers/${serverId}/promotion`);
    await share(lyon, 'New master');
    await share(paris, 'Old master');
    await ask(lyon, 'PUT', `/locations/${place}`, { name: 'As the new one says' });
    await ask(paris, 'PUT', `/locations/${place}`, { name: 'As the old one says' });
    await print({ paris: 1, lyon: 1 });
    expect([(await domainOf(lyon)).role, (await domainOf(paris)).role]).toEqual(['master', 'master']);
    await eventually(async () => (await domainOf(attic)).domain.masterId).toBe(serverId);
    await network.heal('paris');
    await eventually(async () => (await domainOf(paris)).role).toBe('slave');
    await allAs(lyon, paris, attic);
    expect(await configuration(attic)).toContain(`${place} World/As the new one says`);
    expect(await ownPlaces(paris)).toEqual([...own, 'Old master'].toSorted());
    expect((await paris.rest('PUT', `/locations/${place}`, { name: 'Not mine' })).status).toBe(409);
    await allCounted(lyon);
  }, STORY_MS);
});

/** Of so many deeds, in the order of their numbers. */
async function eightAtOnce<T>(count: number, act: (index: number) => Promise<T>): Promise<T[]> {
  const done: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next; index < count; index = next) {
      next += 1;
      done[index] = await act(index);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return done;
}
