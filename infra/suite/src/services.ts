import { acceptance } from '@inkpost/acceptance/acceptance.module.js';
import { domainSync } from '@inkpost/domain-sync/domain-sync.module.js';
import { gateway } from '@inkpost/gateway/gateway.module.js';
import { guestAccount } from '@inkpost/guest-account/guest-account.module.js';
import { mailIngest } from '@inkpost/mail-ingest/mail-ingest.module.js';
import { notification } from '@inkpost/notification/notification.module.js';
import { printSubmit } from '@inkpost/print-submit/print-submit.module.js';
import type { ServiceDefinition } from '@inkpost/service/service-definition.js';

/** The whole suite, in the order of the flow: stopped from the front, so that what is under way still finds its next step. */
export const SUITE: readonly ServiceDefinition[] = [mailIngest, acceptance, guestAccount, printSubmit, notification, domainSync, gateway];
