import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { ExpertSettingsSchema } from '@inkpost/contracts/admin/v1/print_pb.js';
import { RestrictionsSchema } from '@inkpost/contracts/admin/v1/queue_groups_pb.js';
import { expertSettings, fromExpert, shownExpert, toExpert } from './expert-settings.schema.js';
import { fromRestrictions, restrictions, shownRestrictions, toRestrictions } from './restrictions.schema.js';

const nobody = { users: [], groups: [], directories: [] };

describe('the restrictions of a group', () => {
  it('come back as they were given', () => {
    const given = {
      allowed: { ...nobody, groups: ['Staff'] }, denied: { ...nobody, users: ['eve@example.org'], directories: ['guests'] }, hours: [{ weekdays: [1, 5], from: '07:00', until: '19:00' }],
      pagesMax: 20, sizeMaxBytes: 5_000_000_000, color: 'refused', message: 'No.',
    };
    expect(shownRestrictions.parse(toRestrictions(create(RestrictionsSchema, fromRestrictions(restrictions.parse(given)))))).toEqual(given);
  });

  it('are none where nothing is given', () => {
    const none = { allowed: nobody, denied: nobody, hours: [], pagesMax: 0, sizeMaxBytes: 0, color: 'allowed', message: null };
    expect([toRestrictions(undefined), toRestrictions(create(RestrictionsSchema, fromRestrictions(restrictions.parse(undefined))))]).toEqual([none, none]);
  });

  it.each([[{ color: 'blue' }], [{ hours: [{ from: '7:00', until: '19:00' }] }], [{ allowed: { groups: [''] } }], [{ pagesMax: -1 }], [{ users: [] }]])('are refused as %j', (wrong) => {
    expect(restrictions.safeParse(wrong).success).toBe(false);
  });
});

describe('expert settings', () => {
  it('come back as they were given, with null for what is as usual', () => {
    const given = { connectTimeoutSeconds: 10, documentFormat: 'application/postscript', followJobs: false };
    expect(shownExpert.parse(toExpert(create(ExpertSettingsSchema, fromExpert(expertSettings.parse(given)))))).toEqual({
      ...given, answerTimeoutSeconds: null, jobPollSeconds: null, printerPollSeconds: null, patienceHours: null, cutsMax: null, documentsAtOnce: null,
    });
  });

  it.each([[{ connectTimeoutSeconds: 0 }], [{ patienceHours: 697 }], [{ cutsMax: 1.5 }], [{ timeout: 1 }]])('are refused as %j', (wrong) => {
    expect(expertSettings.safeParse(wrong).success).toBe(false);
  });
});
