import { runServices } from '@inkpost/service/run-services.js';
import { notification } from './notification.module.js';

await runServices('notification', [notification]);
