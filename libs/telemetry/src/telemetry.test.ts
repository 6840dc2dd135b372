import { expect, it } from 'vitest';
import { Telemetry } from './telemetry.js';

it('shows durations in buckets, and an age as the number that it is', async () => {
  const telemetry = new Telemetry({ processName: 'test', version: '0' });
  const meter = telemetry.meter('test');
  meter.createHistogram('time_to_answer', { unit: 's' }).record(0.02);
  meter.createObservableGauge('age_of_oldest', { unit: 's' }).addCallback((result) => result.observe(901));
  const text = await telemetry.metricsText();
  expect(text).toMatch(/^inkpost_time_to_answer_bucket\{.*le="0.025"\} 1$/m);
  expect(text).toMatch(/^inkpost_age_of_oldest\{.*\} 901$/m);
});
