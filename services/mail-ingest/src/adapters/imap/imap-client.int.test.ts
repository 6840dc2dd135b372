import { afterEach, expect, it } from 'vitest';
import { SERVER_TIMES } from '../../limits.js';
import type { SourceAccess } from '../../ports/mail-source.port.js';
import { ScriptedServer } from '../scripted-server.harness.js';
import { connectImap } from './imap-client.js';

let server: ScriptedServer | undefined;
afterEach(async () => server?.stop());

it('names itself Inkpost to a server, and says nothing else of itself', async () => {
  server = await ScriptedServer.start('* OK [CAPABILITY IMAP4rev1 ID] ready\r\n', (line) => {
    const [tag = '', command = ''] = line.split(' ');
    return `${command === 'CAPABILITY' ? '* CAPABILITY IMAP4rev1 ID\r\n' : ''}${tag} OK done\r\n`;
  });
  const access: SourceAccess = {
    mailboxId: 'id', protocol: 'imap', host: '127.0.0.1', port: server.port, tls: 'none', user: 'print', folder: 'INBOX', certificateAuthority: '',
    signIn: { kind: 'password', password: 'secret' }, afterProcessing: 'keep', processedFolder: '',
  };
  const client = await connectImap(access, SERVER_TIMES, new AbortController().signal);
  client.close();
  expect([...new Set(server.heard.filter((line) => / ID /.test(line)).map((line) => line.replace(/^\S+ /, '')))]).toEqual(['ID ("name" "Inkpost")']);
});
