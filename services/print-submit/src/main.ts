import { runServices } from '@inkpost/service/run-services.js';
import { printSubmit } from './print-submit.module.js';

await runServices('print-submit', [printSubmit]);
