import { expect, it } from 'vitest';
import { parseUserFilter } from './user-filter.js';

const ada = {
  id: '1', displayName: 'Ada', userPrincipalName: 'ada@corp.example', mail: 'Ada@Corp.example', proxyAddresses: ['SMTP:countess@corp.example'], otherMails: ['o\'hara@corp.example'], mailNickname: null,
  onPremisesSamAccountName: null, employeeId: null, preferredLanguage: null, accountEnabled: true, userType: 'Member',
} as const;

it.each([
  ['mail eq \'ada@corp.example\'', true, false], ['mail eq \'ada\'', false, false], ['proxyAddresses/any(p:p eq \'smtp:countess@corp.example\')', true, false],
  ['mail eq \'x\' or otherMails/any(m:m eq \'o\'\'hara@corp.example\')', true, true],
])('is understood as OData says: %s', (text, isFound, isAdvanced) => {
  const filter = parseUserFilter(text);
  expect([filter.matches(ada), filter.isAdvanced]).toEqual([isFound, isAdvanced]);
});

it.each(['mail eq \'o\'hara\'', 'mail ne \'x\'', 'otherMails eq \'x\'', 'mail/any(m:m eq \'x\')', 'otherMails/any(m:n eq \'x\')', 'mail eq \'x\' and id eq \'1\'', Array.from({ length: 16 }, () => 'mail eq \'x\'').join(' or ')])('is refused where Graph would refuse it: %s', (text) => {
  expect(() => parseUserFilter(text)).toThrow(expect.objectContaining({ status: 400, code: 'Request_UnsupportedQuery' }) as Error);
});
