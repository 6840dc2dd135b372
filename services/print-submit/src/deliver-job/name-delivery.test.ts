import { describe, expect, it } from 'vitest';
import { nameDelivery, shorten } from './name-delivery.js';

const jobId = '3334d45e-9150-4c7d-9ac2-1a751e10723b';

describe('the name of a delivery at the printer', () => {
  it('tells people the file, and us the job and the attempt', () => {
    expect(nameDelivery({ jobId, attempt: 2, fileName: 'thesis.pdf' })).toBe(`thesis.pdf [inkpost ${jobId}.2]`);
  });

  it('differs from attempt to attempt', () => {
    expect(nameDelivery({ jobId, attempt: 1, fileName: 'a' })).not.toBe(nameDelivery({ jobId, attempt: 11, fileName: 'a' }));
  });

  it.each(['x'.repeat(1_000), 'ü'.repeat(1_000), '😀'.repeat(1_000)])('never exceeds 255 octets and keeps the job (%#)', (fileName) => {
    const name = nameDelivery({ jobId, attempt: 4_294_967_295, fileName });
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
    expect(name).toContain(jobId);
    expect(name).not.toContain('\uFFFD');
  });

  it('holds no control characters', () => {
    expect(shorten('a\u0000b\r\nc\u009Fd')).toBe('a b  c d');
    expect(shorten('\uD800x')).toBe('x');
  });

  it('is the job alone where the file has no name', () => {
    expect(nameDelivery({ jobId, attempt: 1, fileName: '  ' })).toBe(`[inkpost ${jobId}.1]`);
  });
});
