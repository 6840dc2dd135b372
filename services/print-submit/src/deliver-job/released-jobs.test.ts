import { expect, it } from 'vitest';
import { SENT_QUEUE_ID } from '../sending-server/sending-settings.js';
import { ReleasedJobs } from './released-jobs.js';

it('wakes who brings the jobs to paper: the loop of their printer, or that of the other server', () => {
  const heard: unknown[] = [];
  const released = new ReleasedJobs(
    { countReleased: (...counted) => heard.push(counted) },
    { wake: (queueId) => heard.push(`loop of ${queueId}`) },
    { wake: () => heard.push('other server') },
  );
  released.note('lobby', 'code', 2);
  released.note(SENT_QUEUE_ID, 'administrator', 1);
  released.wake(SENT_QUEUE_ID);
  expect(heard).toEqual([['lobby', 'code', 2], 'loop of lobby', [SENT_QUEUE_ID, 'administrator', 1], 'other server', 'other server']);
});
