import type { ImapFlow, ListResponse } from 'imapflow';
import { encodePath, normalizePath } from 'imapflow/lib/tools.js';
import { CauseDown, type Failure } from '@inkpost/failure/failure.js';
import { SERVER_TIMES } from '../../limits.js';
import type { ProbedMailbox } from '../../ports/mailbox-probe.port.js';
import type { SourceAccess } from '../../ports/mail-source.port.js';
import { connectImap } from './imap-client.js';
import { imapFailure } from './imap-failure.js';
import { type Lack, missingRights } from './missing-rights.js';

/** How imapflow's own commands are spoken; its types keep it back. It knows no ACL. */
interface CommandSpeaker {
  exec(
    command: string,
    attributes: readonly { readonly type: 'STRING'; readonly value: string }[],
    options: { readonly untagged: Readonly<Record<string, (response: { readonly attributes?: readonly { readonly value?: unknown }[] }) => Promise<void>>> },
  ): Promise<{ next(): void }>;
}

/** Signs in by IMAP, only to look. See `ProbeMailbox`. */
export async function probeImapMailbox(access: SourceAccess, signal: AbortSignal): Promise<ProbedMailbox> {
  return new ImapProbe(await connectImap(access, SERVER_TIMES, signal), access);
}

class ImapProbe implements ProbedMailbox {
  constructor(
    private readonly client: ImapFlow,
    private readonly access: SourceAccess,
  ) {}

  async openFolder(): Promise<string> {
    const { path, exists } = await this.told(() => this.client.mailboxOpen(this.access.folder, { readOnly: true }));
    return `${path} can be read; ${exists === 1 ? '1 mail is' : `${exists} mails are`} in it.`;
  }

  async checkPermissions(): Promise<string> {
    return this.told(async () => {
      const lacks = this.client.capabilities.has('ACL') ? await this.lacksByRights() : await this.lacksBySelecting();
      if (lacks.length > 0) throw notPermitted(this.access, lacks);
      const { afterProcessing, processedFolder } = this.access;
      if (afterProcessing !== 'move') return afterProcessing === 'flag' ? 'Processed mails can be flagged.' : 'Processed mails can be deleted.';
      const target = await this.findTarget();
      return target ? `Processed mails can be moved to ${target.path}.` : `Processed mails can be moved. The folder "${processedFolder}" is not there yet: it is made when the mailbox is watched, if the account may.`;
    });
  }

  async close(): Promise<void> {
    // A farewell would only wait for a server that may be silent.
    this.client.close();
  }

  private async lacksByRights(): Promise<Lack[]> {
    const { folder, afterProcessing } = this.access;
    const target = afterProcessing === 'move' ? await this.findTarget() : undefined;
    return missingRights(afterProcessing, { name: folder, rights: await this.myRights(folder) }, target && { name: target.path, rights: await this.myRights(target.path) });
  }

  /**
   * Without ACL a server says only to SELECT whether a folder can be written to (RFC 9051, 6.3.2). Opening it so changes no mail:
   * the flag \Recent, which it takes, is lost to any client that looks.
   */
  private async lacksBySelecting(): Promise<Lack[]> {
    const { folder, afterProcessing } = this.access;
    const { readOnly = false, permanentFlags } = await this.client.mailboxOpen(folder);
    if (readOnly) return [{ folder, what: 'it is read-only' }];
    const wanted = afterProcessing === 'flag' ? '\\Seen' : '\\Deleted';
    return !permanentFlags || permanentFlags.has(wanted) ? [] : [{ folder, what: `the mail server keeps no flag ${wanted} there` }];
  }

  private async findTarget(): Promise<ListResponse | undefined> {
    const { processedFolder } = this.access;
    const folders = await this.client.list();
    return folders.find(({ path, pathAsListed }) => path === processedFolder || pathAsListed === processedFolder);
  }

  /** RFC 4314, 3.5: `* MYRIGHTS INBOX lrswte`. */
  private async myRights(folder: string): Promise<string> {
    let rights = '';
    const speaker = this.client as unknown as CommandSpeaker;
    const path = encodePath(this.client, normalizePath(this.client, folder));
    const response = await speaker.exec('MYRIGHTS', [{ type: 'STRING', value: path }], {
      untagged: {
        MYRIGHTS: async ({ attributes = [] }) => {
          const [, value] = attributes;
          rights = typeof value?.value === 'string' ? value.value : '';
        },
      },
    });
    response.next();
    return rights;
  }

  private async told<T>(work: () => Promise<T>): Promise<T> {
    return work().catch((error: unknown) => {
      throw imapFailure(error, this.access);
    });
  }
}

function notPermitted({ afterProcessing }: SourceAccess, lacks: readonly Lack[]): Failure {
  const what = lacks.map(({ folder, what }) => `in ${folder} ${what}`).join('; ');
  return new CauseDown('mailbox.not-permitted', `The account can't ${afterProcessing} processed mails: ${what}. Grant it on the mail server, or choose keep.`);
}
