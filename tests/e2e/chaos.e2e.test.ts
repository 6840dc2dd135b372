import { expect, it } from 'vitest';
import { ChaosRun } from '../chaos/chaos-run.js';

it('loses, doubles and leaves behind nothing, and ends no service, in a small round of chaos', async () => {
  const run = new ChaosRun({ seed: 1, jobs: 16, faults: 4, part: { number: 1, of: 1 } }, (_title, act) => act(() => undefined));
  try {
    const { lost, doubled, altered, leftBehind, ended, stories } = await run.run();
    expect({ lost, doubled, altered, leftBehind, ended }, stories.join('\n')).toEqual({ lost: [], doubled: [], altered: 0, leftBehind: [], ended: [] });
  } finally {
    await run.stop();
  }
}, 600_000);
