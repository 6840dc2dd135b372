import { CauseDown } from '@inkpost/failure/failure.js';
import { SERVER_TIMES } from '../../limits.js';
import type { ProbedMailbox, ProbeMailbox } from '../../ports/mailbox-probe.port.js';
import { FOLDER_MISSING, type SourceAccess } from '../../ports/mail-source.port.js';
import { readFolder } from './graph-answers.js';
import { type GraphClient, GraphRefused } from './graph-client.js';
import type { GraphConnections } from './graph-connections.js';
import { findFolder } from './graph-folders.js';

/** Signs in by Graph, only to look. See `ProbeMailbox`. */
export function graphProbe(connections: GraphConnections): ProbeMailbox {
  return async (access, signal) => {
    const { client, close } = connections.connect(access, SERVER_TIMES.silenceMaxMs);
    signal.addEventListener('abort', close, { once: true });
    try {
      signal.throwIfAborted();
      // Every account has one: whoever may not read it isn't let in at all.
      await client.get('/mailFolders/inbox?$select=id');
      return new GraphProbe(client, access, close);
    } catch (error) {
      close();
      throw client.explain(error);
    } finally {
      signal.removeEventListener('abort', close);
    }
  };
}

class GraphProbe implements ProbedMailbox {
  constructor(
    private readonly client: GraphClient,
    private readonly access: SourceAccess,
    private readonly end: () => void,
  ) {}

  async openFolder(): Promise<string> {
    return this.told(async () => {
      const id = await findFolder(this.client, this.access.folder);
      const folder = readFolder(await this.client.get(`/mailFolders/${encodeURIComponent(id)}?$select=displayName,totalItemCount`));
      return `${folder?.displayName ?? this.access.folder} can be read; ${folder?.mails === 1 ? '1 mail is' : `${folder?.mails ?? 0} mails are`} in it.`;
    });
  }

  async checkPermissions(): Promise<string> {
    return this.told(async () => {
      if (!(await this.mayChange())) {
        throw new CauseDown('mailbox.not-permitted', `The application can't ${this.access.afterProcessing} processed mails: it may only read them. Grant it the permission Mail.ReadWrite, or choose keep.`);
      }
      const { afterProcessing, processedFolder } = this.access;
      if (afterProcessing !== 'move') return afterProcessing === 'flag' ? 'Processed mails can be flagged.' : 'Processed mails can be deleted.';
      return (await this.isThere(processedFolder)) ? `Processed mails can be moved to ${processedFolder}.` : `Processed mails can be moved. The folder "${processedFolder}" is not there yet: it is made when the mailbox is watched.`;
    });
  }

  async close(): Promise<void> {
    this.end();
  }

  /** Graph looks at the permissions of a token before it looks for the mail: what isn't there can't be changed by asking. */
  private async mayChange(): Promise<boolean> {
    try {
      await this.client.change('PATCH', '/messages/AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0AAAAAAAAAAAAA', {});
      return true;
    } catch (error) {
      if (!(error instanceof GraphRefused) || ![400, 403, 404].includes(error.refusal.status)) throw error;
      return error.refusal.status !== 403;
    }
  }

  private async isThere(path: string): Promise<boolean> {
    return findFolder(this.client, path).then(() => true, (error: unknown) => {
      if (error instanceof CauseDown && error.code === FOLDER_MISSING) return false;
      throw error;
    });
  }

  private async told<T>(work: () => Promise<T>): Promise<T> {
    return work().catch((error: unknown) => {
      throw this.client.explain(error);
    });
  }
}
