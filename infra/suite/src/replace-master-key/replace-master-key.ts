import { setTimeout as pause } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { parseMasterKey } from '@inkpost/secrets/master-key.js';
import type { KeyFiles } from './key-files.js';
import { versionsIn, withNewestFirst, withNewVersion, withSealingAlone } from './key-text.js';
import { countOlder, countSealed, sealAllAnew, type SealedCount } from './seal-anew.js';

/** An installation as this command finds it. `elsewhere`: the key's text, where somebody else keeps it than the secrets folder. */
export interface KeptKey {
  readonly client: ClientBase;
  readonly files: KeyFiles;
  readonly elsewhere: string | undefined;
  /** How long until every service goes by a file that was replaced. */
  readonly knownEverywhereMs: number;
}

/** Takes a line for the person at the keyboard. */
export type Tell = (line: string) => void;

/** What was sealed just before the newest version began to seal is in the database by then: no step takes longer. */
const RETIRE_AFTER_MS = 10 * 60_000;
/** Any constant will do; another than the migration's. */
const ADVISORY_LOCK = 0x1a905e;

const listed = (versions: readonly number[]) => versions.join(', ');

/** Says which versions there are and what is sealed with each. */
export async function showStatus({ client, files, elsewhere }: KeptKey, tell: Tell): Promise<number> {
  const [current, ...others] = versionsIn(elsewhere ?? (await files.read()));
  const counts = await countSealed(client);
  tell(`Version ${current} seals${others.length > 0 ? `, ${listed(others)} may be opened too` : ''}. The key is kept ${elsewhere === undefined ? 'in the secrets folder' : 'outside the secrets folder'}.`);
  for (const count of counts) tell(describe(count));
  const older = countOlder(counts, current ?? 0);
  if (older > 0) tell(`${older} are sealed with another version: "rotate" seals them anew.`);
  else if (others.length > 0) tell(`Nothing is sealed with version ${listed(others)} any more: "retire" removes it.`);
  return 0;
}

function describe({ place, byVersion }: SealedCount): string {
  const parts = [...byVersion].map(([version, count]) => `${count} with version ${version}`);
  return `  ${place.padEnd(48)} ${parts.length > 0 ? parts.join(', ') : 'none'}`;
}

/**
 * A new version, known everywhere before it seals, and everything sealed with it: beside running services, and continued where an earlier
 * run was broken off. Gives the exit code; 1: something could not be sealed anew.
 */
export function rotate(kept: KeptKey, tell: Tell): Promise<number> {
  return alone(kept.client, () => replace(kept, tell));
}

async function replace(kept: KeptKey, tell: Tell): Promise<number> {
  const text = kept.elsewhere ?? (await bringNewestForward(kept, tell));
  if (kept.elsewhere !== undefined && versionsIn(text).length === 1) {
    tell('The key is kept outside the secrets folder: put a new version in front of it there ("next" makes one), restart the services, and run this again.');
    return 1;
  }
  const { count, problems } = await sealAllAnew(kept.client, parseMasterKey(text), (place, done) => tell(`  ${place}: ${done}`));
  tell(`${count} sealed anew with version ${versionsIn(text)[0]}.`);
  for (const problem of problems) tell(`Not sealed anew: ${problem}`);
  if (problems.length === 0) tell(`What only opens is needed until "retire": in ${RETIRE_AFTER_MS / 60_000} minutes or later.`);
  return problems.length === 0 ? 0 : 1;
}

/** Gives the text of the key whose newest version seals. The files say how far an earlier run came. */
async function bringNewestForward({ files, knownEverywhereMs }: KeptKey, tell: Tell): Promise<string> {
  const before = await files.read();
  const isUnderWay = versionsIn(before).length > 1;
  const added = isUnderWay ? before : withNewVersion(before);
  const turned = withNewestFirst(added);
  if (isUnderWay) tell('Going on with a replacement that was begun.');
  if (turned !== before) {
    await files.write(added);
    await pause(knownEverywhereMs);
  }
  await files.write(turned);
  await pause(knownEverywhereMs);
  tell(`Version ${versionsIn(turned)[0]} seals from now on.`);
  return turned;
}

/** Removes the versions that only open, once nothing needs them. `now`: without waiting for what may be under way. Gives the exit code. */
export function retire(kept: KeptKey, now: boolean, tell: Tell): Promise<number> {
  return alone(kept.client, () => takeAwayUnneeded(kept, now, tell));
}

async function takeAwayUnneeded(kept: KeptKey, now: boolean, tell: Tell): Promise<number> {
  const text = kept.elsewhere ?? (await kept.files.read());
  const [current = 0, ...others] = versionsIn(text);
  if (others.length === 0) {
    tell(`There is no version but ${current}.`);
    return 0;
  }
  const older = countOlder(await countSealed(kept.client), current);
  if (older > 0) {
    tell(`${older} are still sealed with another version than ${current}: run "rotate" first.`);
    return 1;
  }
  if (kept.elsewhere !== undefined) {
    tell(`Nothing is sealed with version ${listed(others)} any more: remove it where the key is kept, but never the entry "hashing:", and restart the services.`);
    return 0;
  }
  const retirableAt = new Date((await kept.files.changedAt()).getTime() + RETIRE_AFTER_MS);
  if (!now && retirableAt > new Date()) {
    tell(`Version ${current} seals since a moment ago, and something sealed before may be under way: wait until ${retirableAt.toISOString()}, or say --now if no service runs.`);
    return 1;
  }
  return takeAway(kept, text, tell);
}

/** From the services first: what turns up all the same is not lost, the owner's copy still opens it. */
async function takeAway({ client, files, knownEverywhereMs }: KeptKey, text: string, tell: Tell): Promise<number> {
  const remaining = withSealingAlone(text);
  const [current = 0, ...others] = versionsIn(text);
  await files.spread(remaining);
  await pause(knownEverywhereMs);
  const older = countOlder(await countSealed(client), current);
  if (older > 0) {
    await files.spread(text);
    tell(`${older} came in sealed with another version meanwhile; nothing was removed. Run "rotate" again, then "retire".`);
    return 1;
  }
  await files.write(remaining);
  tell(`Version ${listed(others)} is removed. Backups of the database from before need the secrets folder of their time.`);
  return 0;
}

/** One run at a time. */
async function alone(client: ClientBase, act: () => Promise<number>): Promise<number> {
  const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [ADVISORY_LOCK]);
  if (rows[0]?.locked !== true) throw new Error('Another run is under way: wait for it.');
  try {
    return await act();
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [ADVISORY_LOCK]);
  }
}
