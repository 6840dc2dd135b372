import { describe, expect, it } from 'vitest';
import { ImapConversation } from './imap-conversation.js';

describe('a conversation that is listened to', () => {
  /** Each thing said takes 10 ms. */
  const start = () => {
    let now = 0;
    const conversation = new ImapConversation(() => now);
    const say = (hear: (bytes: Buffer) => void, text: string): void => {
      now += 10;
      hear(Buffer.from(text));
    };
    return {
      conversation,
      server: (text: string) => say((bytes) => conversation.hearServer(bytes), text),
      client: (text: string) => say((bytes) => conversation.hearClient(bytes), text),
    };
  };

  it('tells how long after its announcement each mail was marked', () => {
    const { conversation, server, client } = start();
    server('* 1 EXISTS\r\n* 1 RECENT\r\n');
    client('7 UID FETCH 1 (UID BODY.PEEK[])\r\n');
    client('8 UID STORE 1 +FLAGS (\\Seen $InkpostDone)\r\n');
    server('* 3 EXISTS\r\n');
    client('9 UID STORE 2:3 +FLAGS (\\Seen $InkpostDone)\r\n');
    expect(conversation.delaysMs).toEqual([20, 10, 10]);
  });

  it('takes the folder\'s size for news only where it grew, and a mail for marked only once', () => {
    const { conversation, server, client } = start();
    server('* 0 EXISTS\r\n* OK [UIDNEXT 1]\r\n');
    server('+ idling\r\n* 2 EXISTS\r\n');
    client('1 UID STORE 1,2 +FLAGS (\\Seen)\r\n');
    server('* FLAGS (\\Seen)\r\n* 2 EXISTS\r\n');
    client('2 UID STORE 2 +FLAGS (\\Seen)\r\n');
    expect(conversation.delaysMs).toEqual([10, 10]);
  });

  it('does not hide a mail that was never marked', () => {
    const { conversation, server, client } = start();
    server('* 2 EXISTS\r\n');
    client('1 UID STORE 2 +FLAGS (\\Seen)\r\n');
    expect(conversation.delaysMs).toEqual([Number.NaN, 10]);
  });
});
