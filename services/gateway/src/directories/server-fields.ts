import { z } from 'zod';
import { DIRECTORIES, TEXT } from '../limits.js';

export const host = z.string().min(1).max(TEXT.host).describe('Name or IP address. Link-local addresses and those of clouds\' metadata services are refused unless INKPOST_LINK_LOCAL_SERVERS says otherwise.');

/** Of directories elsewhere. */
export const cacheTimes = {
  timeoutMs: z.int().min(DIRECTORIES.timeoutMsMin).max(DIRECTORIES.timeoutMsMax).default(5_000).describe('How long one question may take.'),
  cacheSeconds: z.int().min(0).max(DIRECTORIES.cacheSecondsMax).default(300).describe('How long an answer holds; 0: each mail asks.'),
  missCacheSeconds: z.int().min(0).max(DIRECTORIES.cacheSecondsMax).default(60).describe('How long it holds that there is nobody.'),
};

export const shownTimes = { timeoutMs: z.int(), cacheSeconds: z.int(), missCacheSeconds: z.int() };
