import { runServices } from '@inkpost/service/run-services.js';
import { acceptance } from './acceptance.module.js';

await runServices('acceptance', [acceptance]);
