import { expect, it } from 'vitest';
import { Client } from 'ldapts';
import { describeWithServer } from './describe-with-server.js';
import { crowd } from './slapd-organisation.js';
import { startSlapd } from './slapd-server.js';

describeWithServer('slapd', 'the OpenLDAP of tests', () => {
  it('shows its people to the service account alone, over TLS, and limits what comes at once', async () => {
    const server = await startSlapd({ organisation: { suffix: 'dc=alpha,dc=example', people: [...crowd('alpha.example', 1_200), { uid: 'zoe', name: 'Zoë', proxyAddresses: ['SMTP:zoe@alpha.example'], password: 'secret' }], groups: { staff: ['zoe'] } } });
    const client = new Client({ url: `ldaps://127.0.0.1:${server.securePort}`, tlsOptions: { ca: server.ca }, timeout: 5_000 });
    try {
      await client.bind(server.serviceDn, server.servicePassword);
      const { searchEntries } = await client.search(server.suffix, { filter: '(proxyAddresses=smtp:ZOE@alpha.example)', attributes: ['displayName', 'memberOf', 'userPassword'] });
      expect(searchEntries).toMatchObject([{ displayName: 'Zoë', memberOf: `cn=staff,ou=groups,${server.suffix}`, userPassword: [] }]);
      await expect(client.search(server.suffix, { filter: '(uid=user*)' })).rejects.toMatchObject({ code: 4 });
      await client.bind(`uid=zoe,ou=people,${server.suffix}`, 'secret');
      await expect(client.search(server.suffix, { filter: '(uid=zoe)' })).rejects.toMatchObject({ code: 32 });
    } finally {
      await client.unbind();
      await server.remove();
    }
  });
});
