import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import type { MailIntake } from './mail-intake.adapter.js';

/** All doors for mails: open while the service runs. */
export class MailIntakes implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(private readonly intakes: readonly MailIntake[]) {}

  /** Throws when a port is taken: the service doesn't start. */
  async onApplicationBootstrap(): Promise<void> {
    for (const intake of this.intakes) await intake.open();
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.intakes.map((intake) => intake.close()));
  }
}
