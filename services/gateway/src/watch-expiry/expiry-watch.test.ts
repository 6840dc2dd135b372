import { createClient, createRouterTransport } from '@connectrpc/connect';
import { createNoopMeter } from '@opentelemetry/api';
import { NotificationEventService } from '@inkpost/contracts/admin/v1/notification_pb.js';
import { createLog } from '@inkpost/telemetry/log.js';
import { makeAuthority } from '@inkpost/trust/certificate-authority.js';
import { expect, it } from 'vitest';
import { ExpiryWatch, type WatchedCertificate } from './expiry-watch.js';

it('tells of the authority of a domain a year before it ends, as nothing renews it; of a certificate that is renewed not until it should have been', async () => {
  const told: string[] = [];
  const owner = createClient(NotificationEventService, createRouterTransport((router) => router.service(NotificationEventService, {
    tellCertificateEnd: ({ certificate, occasionId }) => {
      told.push(`${certificate.split(',')[0]} ${occasionId}`);
      return { outcome: 'told' };
    },
  })));
  const ending = async (name: WatchedCertificate['name'], days: number): Promise<WatchedCertificate> => ({ name, certificatePem: (await makeAuthority(`${name} in ${days}`, { now: new Date(), days })).certificatePem });
  const lookAt = async (...certificates: WatchedCertificate[]): Promise<string[]> => {
    await new ExpiryWatch({ certificates: async () => certificates, owner, meter: createNoopMeter(), log: createLog('test', 'fatal') }).look();
    return told.splice(0).map((each) => each.replace(/ [0-9a-f-]{36}$/, ''));
  };
  expect(await lookAt(await ending('domain-authority', 366), await ending('domain', 20), await ending('installed', 31))).toEqual([]);
  const soon = [await ending('domain-authority', 364), await ending('domain-authority', 80), await ending('domain', 6), await ending('installed', 29)];
  expect((await lookAt(...soon)).map((subject) => subject.replace('CN=', ''))).toEqual(['domain-authority in 364', 'domain-authority in 80', 'domain in 6', 'installed in 29']);
});
