import { describe, expect, it } from 'vitest';
import { describePrinter } from './describe-printer.js';

const well = { printerState: 'idle', printerStateReasons: ['none'], printerIsAcceptingJobs: true } as const;

describe('a printer', () => {
  it('that is well has no problem', () => {
    expect(describePrinter(well)).toEqual({ state: 'idle', problem: '' });
    expect(describePrinter({ ...well, printerStateReasons: ['toner-low-report'] })).toEqual({ state: 'idle', problem: '' });
    expect(describePrinter({ ...well, printerIsAcceptingJobs: undefined })).toEqual({ state: 'idle', problem: '' });
  });

  it('that needs somebody says why', () => {
    expect(describePrinter({ ...well, printerState: 'stopped', printerStateReasons: ['media-empty-error', 'none'] })).toEqual({ state: 'stopped', problem: 'The printer says: media-empty-error.' });
    expect(describePrinter({ ...well, printerState: 'stopped' })).toEqual({ state: 'stopped', problem: 'The printer has stopped and does not say why.' });
    expect(describePrinter({ ...well, printerIsAcceptingJobs: false, printerStateReasons: ['paused'] })).toEqual({ state: 'idle', problem: 'The printer takes no jobs now. The printer says: paused.' });
  });
});
