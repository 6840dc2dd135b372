import { eventually } from '../../mail-ingest.harness.js';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { SERVER_TIMES } from '../../limits.js';
import { describeMailSource, mail } from '../../ports/mail-source.contract.js';
import { LOGIN_REFUSED, type MailSource, type SourceAccess } from '../../ports/mail-source.port.js';
import { DovecotPlaces } from '../dovecot-places.harness.js';
import { pop3Source } from './pop3-source.adapter.js';

const QUICK = { ...SERVER_TIMES, signedInEveryMs: 50 };

describeWithServer('dovecot', 'a maildrop opened by POP3', () => {
  let places: DovecotPlaces;
  const opened: MailSource[] = [];

  beforeAll(async () => {
    places = await DovecotPlaces.start();
  });
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close();
  });
  afterAll(() => places.stop());

  async function open(access: SourceAccess): Promise<MailSource> {
    const each = await pop3Source(QUICK)(access, new AbortController().signal);
    opened.push(each);
    return each;
  }

  describeMailSource(() => ({ open: pop3Source(QUICK), choices: ['keep', 'delete'], hasFolders: false, announces: false, makePlace: () => places.makePlace('pop3') }));

  it('deletes only once the server said so at the end of the session', async () => {
    const place = await places.makePlace('pop3');
    await place.add(mail('one'), mail('two'));
    const each = await open(place.access);
    const keys = await each.list();
    place.relay.deafOnce = 'QUIT';
    const settled = each.settle(keys, 'delete', '').catch((error: unknown) => error);
    await eventually(async () => place.relay.deafOnce === undefined, 'QUIT was said');
    await place.cut();
    expect(await settled).toMatchObject({ code: 'mailbox.connection-lost' });
    await place.add(mail('three'));
    const again = await open(place.access);
    const [three = ''] = (await again.list()).slice(-1);
    place.relay.deafOnce = 'DELE';
    const cut = again.settle([three], 'delete', '').catch((error: unknown) => error);
    await eventually(async () => place.relay.deafOnce === undefined, 'DELE was said');
    await place.cut();
    expect(await cut).toMatchObject({ code: 'mailbox.connection-lost' });
    expect((await place.mailsThere()).map(({ subject }) => subject)).toContain('three');
  });

  it('is opened with STARTTLS and with TLS, and not without the TLS that is asked for, the right password, or a server', async () => {
    const { access } = await places.makePlace('pop3');
    const { pop3Port, pop3sPort, ca } = places.dovecot;
    await expect(open({ ...access, port: pop3Port, tls: 'starttls', certificateAuthority: ca })).resolves.toHaveProperty('epoch');
    await expect(open({ ...access, port: pop3sPort, tls: 'implicit', certificateAuthority: ca, host: 'localhost' })).resolves.toHaveProperty('epoch');
    await expect(open({ ...access, port: pop3sPort, tls: 'implicit', certificateAuthority: ca })).resolves.toHaveProperty('epoch');
    await expect(open({ ...access, signIn: { kind: 'password', password: 'wrong' } })).rejects.toMatchObject({ code: LOGIN_REFUSED });
    await expect(open({ ...access, port: pop3Port, tls: 'starttls' })).rejects.toMatchObject({ code: 'mailbox.certificate-untrusted' });
    await expect(open({ ...access, port: pop3Port, tls: 'implicit' })).rejects.toMatchObject({ code: 'mailbox.tls-failed' });
    await expect(open({ ...access, port: 1 })).rejects.toMatchObject({ code: 'mailbox.server-unreachable' });
  });
});
