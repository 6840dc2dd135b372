import { create } from '@bufbuild/protobuf';
import { JobSchema } from '@inkpost/contracts/admin/v1/print_pb.js';
import { expect, it } from 'vitest';
import { toJob } from './jobs.http.js';

it('says what the printer of a held job can do as the description of the API has it, and nothing of the wire', () => {
  const choices = { colorModes: ['color'], sides: ['one-sided'], copiesMax: 9, media: ['iso_a4_210x297mm'], pageRanges: true };
  expect(toJob(create(JobSchema, { finishing: {}, finishingChoices: choices })).finishingChoices).toEqual(choices);
  expect(toJob(create(JobSchema, { finishing: {} })).finishingChoices).toBeNull();
});
