import { join } from 'node:path';

/** The repository's root; alike for `src/` and `dist/`. */
export const projectFolder = join(import.meta.dirname, '..', '..', '..');
