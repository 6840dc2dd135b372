import { processEnvironment } from '@inkpost/config/environment.js';
import { runMigration } from './run-migration.js';

const { line, exitCode } = await runMigration(processEnvironment());
(exitCode === 0 ? process.stdout : process.stderr).write(`${line}\n`);
process.exitCode = exitCode;
