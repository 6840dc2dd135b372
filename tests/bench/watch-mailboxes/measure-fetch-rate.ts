import { ImapFlow } from 'imapflow';
import { imapSource } from '@inkpost/mail-ingest/adapters/imap/imap-source.adapter.js';
import { FETCH_PIECE_BYTES, FETCH_WINDOW } from '@inkpost/mail-ingest/limits.js';
import type { MailAccount } from '../make-mails/mail-account.js';

/** One round: both on the same mailbox, one after the other. */
export interface FetchRound {
  readonly mails: number;
  readonly bytes: number;
  /** imapflow alone, all mails with one command. */
  readonly bareMs: number;
  /** The product's own way to a mail server, window by window. */
  readonly sourceMs: number;
}

interface Fetched {
  readonly mails: number;
  readonly bytes: number;
  readonly ms: number;
}

const HOST = '127.0.0.1';

/** How fast the product gets mails from a server beside imapflow alone, with the same query; what is fetched is thrown away. */
export async function measureFetchRate(account: MailAccount, rounds: number): Promise<FetchRound[]> {
  // Compiling, and the server's reading from the disk, belong to neither.
  await fetchBare(account);
  await fetchBySource(account);
  const measured: FetchRound[] = [];
  for (let round = 0; round < rounds; round += 1) {
    // Who begins changes, since what comes second may have it easier.
    const sourceFirst = round % 2 === 1 ? await fetchBySource(account) : undefined;
    const bare = await fetchBare(account);
    const source = sourceFirst ?? (await fetchBySource(account));
    if (bare.mails !== source.mails || bare.bytes !== source.bytes) throw new Error(`imapflow alone fetched ${bare.mails} mails of ${bare.bytes} bytes, the product ${source.mails} of ${source.bytes}`);
    measured.push({ mails: bare.mails, bytes: bare.bytes, bareMs: bare.ms, sourceMs: source.ms });
  }
  return measured;
}

async function fetchBare({ address, password, imapPort }: MailAccount): Promise<Fetched> {
  const client = new ImapFlow({ host: HOST, port: imapPort, secure: false, doSTARTTLS: false, auth: { user: address, pass: password }, logger: false, disableCompression: true });
  await client.connect();
  try {
    await client.mailboxOpen('INBOX', { readOnly: true });
    const startedAt = performance.now();
    let [mails, bytes] = [0, 0];
    for await (const { source } of client.fetch('1:*', { uid: true, size: true, internalDate: true, source: { start: 0, maxLength: FETCH_PIECE_BYTES } }, { uid: true })) {
      mails += 1;
      bytes += source?.length ?? 0;
    }
    return { mails, bytes, ms: performance.now() - startedAt };
  } finally {
    await client.logout();
  }
}

async function fetchBySource({ address, password, imapPort }: MailAccount): Promise<Fetched> {
  const server = { protocol: 'imap', host: HOST, port: imapPort, tls: 'none', user: address, folder: 'INBOX', certificateAuthority: '' } as const;
  const source = await imapSource()({ ...server, mailboxId: address, signIn: { kind: 'password', password }, afterProcessing: 'keep', processedFolder: '' }, new AbortController().signal);
  try {
    const startedAt = performance.now();
    const keys = await source.list();
    let [mails, bytes] = [0, 0];
    for (let from = 0; from < keys.length; from += FETCH_WINDOW) {
      for await (const { whole } of source.fetch(keys.slice(from, from + FETCH_WINDOW))) {
        mails += 1;
        bytes += whole?.length ?? 0;
      }
    }
    return { mails, bytes, ms: performance.now() - startedAt };
  } finally {
    await source.close();
  }
}
