import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { ProcessMeter } from './process-meter.js';

/** A process whose child uses 300 ms of CPU time and 100 MiB and ends, while the process itself stays and does nothing. */
const child = 'const end = process.cpuUsage().user + 300_000; const filled = Buffer.alloc(100 * 1024 * 1024, 1); while (process.cpuUsage().user < end); console.log(filled.length);';
const parent = `process.stdin.once('data', () => { require('node:child_process').execFileSync(process.execPath, ['-e', ${JSON.stringify(child)}]); console.log('done'); }).once('end', () => process.exit());`;

describe('the meter of processes', () => {
  it('counts the CPU time of children that ended, and none from before it began', async () => {
    const root = spawn(process.execPath, ['-e', parent], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: root.stdout });
    try {
      const meter = new ProcessMeter([{ name: 'root', rootPid: root.pid ?? 0 }]);
      root.stdin.write('go\n');
      await once(lines, 'line');
      const { cpuMs, cpuMsByPart } = meter.stop();
      expect(cpuMs).toBeGreaterThanOrEqual(300);
      expect(cpuMs).toBeLessThan(2_000);
      expect(cpuMsByPart['root: children']).toBeGreaterThanOrEqual(300);
      expect(cpuMsByPart['root']).toBeLessThan(250);
      expect(new ProcessMeter([{ name: 'root', rootPid: root.pid ?? 0 }]).stop().cpuMs).toBeLessThan(50);
    } finally {
      root.stdin.end();
      await once(root, 'exit');
    }
  });

  it('finds the peak of a process that has given its memory back', () => {
    const meter = new ProcessMeter([{ name: 'this', rootPid: process.pid }]);
    const before = process.memoryUsage().rss / 2 ** 20;
    // Far above the threshold from which an allocation is a mapping of its own, which goes back at once.
    new Uint8Array(new ArrayBuffer(200 * 2 ** 20)).fill(1);
    const { peaks } = meter.stop();
    expect(peaks[0]?.name).toBe('this');
    expect(peaks[0]?.peakMiB ?? 0).toBeGreaterThan(before + 150);
  });
});
