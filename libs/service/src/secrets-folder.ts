import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServiceName } from './service-variables.js';

/** A service's own secrets: one file each, in a folder that only this service is given. */
export class SecretsFolder {
  constructor(
    private readonly folder: string,
    private readonly service: ServiceName,
  ) {}

  /** The text of a secret without the white space around it. Throws an error that names the file and what to do. */
  async read(name: string): Promise<string> {
    const path = this.pathOf(name);
    const text = await readFile(path, 'utf8').catch((cause: unknown) => {
      throw new Error(`The secret ${path} can't be read: create it, or correct INKPOST_SECRETS_FOLDER.`, { cause });
    });
    if (text.trim() === '') throw new Error(`The secret ${path} is empty.`);
    return text.trim();
  }

  pathOf(name: string): string {
    return join(this.folder, this.service, name);
  }

  async readOptional(name: string): Promise<string | undefined> {
    return this.read(name).catch((error: unknown) => {
      const cause = error instanceof Error ? error.cause : undefined;
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
      throw error;
    });
  }
}
