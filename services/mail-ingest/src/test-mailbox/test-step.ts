import type { Step, StepResult } from '@inkpost/server-connection/run-steps.js';

/** In the order in which they are taken; a kind of mailbox has some of them. */
export type StepName = 'listener' | 'address' | 'dns' | 'tcp' | 'tls' | 'token' | 'login' | 'folder' | 'permissions';

export type TestStep = Step<StepName>;
export type TestStepResult = StepResult<StepName>;
