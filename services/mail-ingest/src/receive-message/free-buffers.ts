import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options: { readonly type: 'minor' }) => void;

/**
 * Gives the memory of buffers back that were dropped a moment ago; takes a few milliseconds.
 *
 * A mail passes through buffers, each held by a small object; V8 frees them when it collects these. A long mail makes few objects and
 * many buffers: by itself V8 let 70 MB of them lie about for a mail of 25 MB, whatever the sizes of its generations but the smallest,
 * and then collected all generations (measured; this leaves 30 MB, and costs a third less). Node offers a young collection only so.
 */
export function freeBuffers(): void {
  collect({ type: 'minor' });
}
