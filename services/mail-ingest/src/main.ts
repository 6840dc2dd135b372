import { runServices } from '@inkpost/service/run-services.js';
import { mailIngest } from './mail-ingest.module.js';

await runServices('mail-ingest', [mailIngest]);
