import { describe, expect, it } from 'vitest';
import { type Conditions, NO_CONDITIONS } from './conditions.js';
import { senderRules } from './decide-sender.js';
import { reportSender } from './report-sender.js';

const report = (conditions: Partial<Conditions>, sender: string, from: 'draft' | 'general' | 'mailbox' = 'general', authentication: 'off' | 'report' | 'require' = 'report') =>
  reportSender({ rules: senderRules({ ...NO_CONDITIONS, ...conditions }), from, authentication }, sender);

describe('the report about an address', () => {
  it('ends with the refusal that beats an accepted domain (SKY-068)', () => {
    expect(report({ acceptedDomains: ['organisation.com'], refusedAddresses: ['d.dupont@organisation.com', 'e@x.example'] }, 'd.dupont@organisation.com')).toEqual([
      'd.dupont@organisation.com is tried against the general conditions.',
      'Is it a refused address? Yes: d.dupont@organisation.com.',
      'Refused: The job was submitted with a forbidden e-mail address: d.dupont@organisation.com',
    ]);
  });

  it('goes through all checks for an accepted domain, and on to the account (SKY-072)', () => {
    const conditions = { acceptedDomains: ['*.example.org', 'b.example'], acceptedAddresses: ['c@x.example'], refusedAddresses: ['d@x.example', 'e@x.example'] };
    expect(report({ ...conditions, unknownSender: 'create' }, 'a@mail.example.org', 'mailbox')).toEqual([
      "a@mail.example.org is tried against the mailbox's own conditions.",
      'Is it a refused address? No: none of 2 matches.',
      'Is it a refused domain? No: there is none.',
      'Is it an accepted address? No: none of 1 matches.',
      'Is it an accepted domain? Yes: *.example.org.',
      'The sender is accepted.',
      'A mail that the domain of this address disowns (DMARC) is refused all the same.',
      'Then an account with this address is looked for in the directories and among the guests; without one, a guest is created.',
    ]);
    expect(report(conditions, 'a@mail.example.org').at(-1)).toMatch(/without one, the mail is refused, since unknown senders are\.$/);
  });

  it('says what is asked of the mail besides its address', () => {
    const sentences = (['off', 'report', 'require'] as const).map((mode) => report({ acceptedDomains: ['example.org'] }, 'a@example.org', 'general', mode).at(-2));
    expect(sentences).toEqual([expect.stringContaining('is not looked at'), expect.stringContaining('DMARC'), expect.stringContaining('unless SPF, DKIM, DMARC or a trusted server')]);
    expect(report({}, 'a@example.org', 'general', 'require').join(' ')).not.toContain('DKIM');
  });

  it('says that nothing accepts an address, also of a draft', () => {
    expect(report({}, 'a@example.org', 'draft')).toEqual([
      'a@example.org is tried against the conditions as they would be saved.',
      'Is it a refused address? No: there is none.', 'Is it a refused domain? No: there is none.', 'Is it an accepted address? No: there is none.', 'Is it an accepted domain? No: there is none.',
      'Nothing accepts it.',
      'Refused: The job was submitted with a forbidden e-mail address: a@example.org',
    ]);
  });
});
