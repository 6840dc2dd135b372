import { runServices } from '@inkpost/service/run-services.js';
import { domainSync } from './domain-sync.module.js';

await runServices('domain-sync', [domainSync]);
