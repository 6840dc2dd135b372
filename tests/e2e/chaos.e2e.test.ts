import { expect, it } from 'vitest';
import { ChaosRun } from '../chaos/chaos-run.js';

it('loses, doubles and leaves behind nothing in a small round of chaos', async () => {
  const run = new ChaosRun({ seed: 1, jobs: 16, faults: 4 }, (_title, act) => act(() => undefined));
  try {
    const { lost, doubled, altered, leftBehind, stories } = await run.run();
    expect({ lost, doubled, altered, leftBehind }, stories.join('\n')).toEqual({ lost: [], doubled: [], altered: 0, leftBehind: [] });
  } finally {
    await run.stop();
  }
}, 600_000);
