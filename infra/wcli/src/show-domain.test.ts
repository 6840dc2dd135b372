import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { DomainAnswerSchema } from '@inkpost/contracts/domain/v1/admission_pb.js';
import { describe, expect, it } from 'vitest';
import { domainJson, serverTable, statusLines } from './show-domain.js';

const NOW = new Date('2026-11-22T12:00:00Z');
const answer = create(DomainAnswerSchema, {
  role: 'slave', serverId: 's-2', serverName: 'LYON', version: '0.1.0',
  membership: {
    domainId: 'd-1', name: 'WATCHDOCDOM', epoch: 3n, masterId: 's-1',
    members: [
      { serverId: 's-1', name: 'PARIS', role: 'master', version: '0.1.0', uri: 'https://paris:5753/watchdoc/server', startedAt: timestampFromDate(new Date('2026-11-22T09:30:00Z')), load: 0.254, diskFreeBytes: 455n, diskSizeBytes: 1_000n },
      { serverId: 's-2', name: 'LYON', role: 'slave', tags: ['south', 'test'], lastSeenAt: timestampFromDate(NOW), startedAt: timestampFromDate(new Date('2026-11-19T12:00:00Z')) },
    ],
  },
});

describe('a domain is shown', () => {
  it('with all columns of DOM-016, an empty one as a dash', () => {
    const [head, master, slave] = serverTable(answer.membership?.members ?? [], NOW).map((line) => line.split(/ {2,}/));
    expect(head).toEqual(['Identifier', 'Name', 'Tags', 'Version', 'Role', 'Last seen', 'DNS', 'DNS alias', 'IP address', 'URI', 'Uptime', 'Load', 'Disk free']);
    expect(master).toEqual(['s-1', 'PARIS', '-', '0.1.0', 'Master (Primary)', '-', '-', '-', '-', 'https://paris:5753/watchdoc/server', '2 h 30 min', '0.25', '46%']);
    expect(slave).toEqual(['s-2', 'LYON', 'south,test', '-', 'Slave', '2026-11-22T12:00:00.000Z', '-', '-', '-', '-', '3 d', '0.00', '-']);
  });

  it('in a few lines, and as JSON for programs', () => {
    expect(statusLines(answer)).toEqual(['Server LYON (s-2)', 'Version 0.1.0', 'Role    SLAVE', 'Domain  WATCHDOCDOM (d-1)', 'Master  PARIS https://paris:5753/watchdoc/server', 'Servers 2']);
    expect(statusLines(create(DomainAnswerSchema, { role: 'single', serverId: 's', serverName: 'N', version: '1' }))).toHaveLength(3);
    expect(domainJson(answer)).toMatchObject({ role: 'slave', domain: { name: 'WATCHDOCDOM', epoch: 3 }, servers: [{ name: 'PARIS', diskFreeBytes: 455, lastSeenAt: null }, { tags: ['south', 'test'] }] });
  });
});
