import { chmod, chown, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MASTER_KEY_HOLDERS } from '../ensure-secrets.js';

/**
 * The master key in the secrets folder: `owner/master-key`, which counts, and a copy for each service that needs it. Written so that a
 * reader sees the one or the other, and the owner's first: a new key is never in use before it is kept.
 */
export class KeyFiles {
  constructor(private readonly folder: string) {}

  read(): Promise<string> {
    return readFile(this.pathOf('owner'), 'utf8');
  }

  /** When a holder last got another key. */
  async changedAt(): Promise<Date> {
    const times = await Promise.all(['owner', ...MASTER_KEY_HOLDERS].map(async (holder) => (await stat(this.pathOf(holder))).mtimeMs));
    return new Date(Math.max(...times));
  }

  async write(text: string): Promise<void> {
    await this.replace('owner', text);
    await this.spread(text);
  }

  /** To the services alone. */
  async spread(text: string): Promise<void> {
    for (const service of MASTER_KEY_HOLDERS) await this.replace(service, text);
  }

  private async replace(holder: string, text: string): Promise<void> {
    const path = this.pathOf(holder);
    if ((await readFile(path, 'utf8').catch(() => '')) === text) return;
    const draft = `${path}.${process.pid}`;
    const { uid, gid, mode } = await stat(path);
    await writeFile(draft, text, { mode: 0o600, flush: true });
    // Who read it before reads it still, whoever runs this.
    if (process.getuid?.() === 0) await chown(draft, uid, gid);
    await chmod(draft, mode & 0o777);
    await rename(draft, path);
  }

  private pathOf(holder: string): string {
    return join(this.folder, holder, 'master-key');
  }
}
