import { runServices } from '@inkpost/service/run-services.js';
import { SUITE } from './services.js';

// The topology "all": every service in this one process, as small sites and the embedded default run it.
await runServices('inkpost', SUITE);
