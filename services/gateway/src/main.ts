import { runServices } from '@inkpost/service/run-services.js';
import { gateway } from './gateway.module.js';

await runServices('gateway', [gateway]);
