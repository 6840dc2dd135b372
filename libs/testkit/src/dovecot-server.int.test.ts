import { once } from 'node:events';
import { connect } from 'node:net';
import { ImapFlow } from 'imapflow';
import { beforeAll, expect, it } from 'vitest';
import { describeWithServer } from './describe-with-server.js';
import { type DovecotServer, startDovecot } from './dovecot-server.js';

const alice = { address: 'alice@test.example', password: 'alice-secret' };

describeWithServer('dovecot', "a Dovecot of the test's own", () => {
  let dovecot: DovecotServer;
  beforeAll(async () => {
    dovecot = await startDovecot({ users: [alice] });
    return () => dovecot.remove();
  });

  async function subjects(user = alice): Promise<string[]> {
    const client = new ImapFlow({
      host: '127.0.0.1',
      port: dovecot.imapsPort,
      secure: true,
      tls: { ca: dovecot.ca },
      auth: { user: user.address, pass: user.password },
      logger: false,
    });
    await client.connect();
    try {
      const { exists } = await client.mailboxOpen('INBOX');
      const found = exists === 0 ? [] : await client.fetchAll('1:*', { envelope: true });
      return found.map((mail) => mail.envelope?.subject ?? '');
    } finally {
      await client.logout();
    }
  }

  it('shows by IMAP over TLS what LMTP delivered, also after a restart and a crash', async () => {
    await dovecot.deliver({ to: [alice.address], raw: 'Subject: one\n\nhello\n' });
    expect(await subjects()).toEqual(['one']);
    await dovecot.restart();
    await dovecot.deliver({ to: [alice.address], raw: 'Subject: two\n\nhello\n' });
    // In the midst of a delivery: its process would outlive the master and keep the port.
    const delivering = connect(dovecot.lmtpPort, '127.0.0.1').on('error', () => undefined);
    await once(delivering, 'data');
    await dovecot.kill();
    await dovecot.start();
    expect(await subjects()).toEqual(['one', 'two']);
  });

  it('knows a user added later, and nobody else', async () => {
    const bob = { address: 'bob@test.example', password: 'bob-secret' };
    await expect(dovecot.deliver({ to: [bob.address], raw: 'Subject: early\n\n' })).rejects.toThrow(/550/);
    await dovecot.addUser(bob);
    await dovecot.deliver({ to: [bob.address], raw: 'Subject: for bob\n\n' });
    expect(await subjects(bob)).toEqual(['for bob']);
  });

  it('refuses a wrong password', async () => {
    await expect(subjects({ ...alice, password: 'wrong' })).rejects.toMatchObject({ authenticationFailed: true });
  });
});
