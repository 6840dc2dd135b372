import { runServices } from '@inkpost/service/run-services.js';
import { guestAccount } from './guest-account.module.js';

await runServices('guest-account', [guestAccount]);
