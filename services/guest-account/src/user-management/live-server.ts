import { Availability } from '@inkpost/server-connection/availability.js';
import { asTrouble, NOT_INITIALISED, nextStatus, type ServerState, type ServerStatus, ServerTrouble } from './server-status.js';

/** A server as mails ask it: while it is down, with pauses in which it is not asked; and what is known of it (SKY-039). */
export class LiveServer {
  private readonly availability = new Availability();
  private current: ServerStatus = NOT_INITIALISED;

  get status(): ServerStatus {
    return this.current;
  }

  /** Throws a `ServerTrouble`: what the work failed by, or, during a pause, what began it. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await this.availability.unlessDown(() => work().catch((error: unknown) => {
        throw asTrouble(error);
      }));
      // What one request may do says nothing of the others: only a look at all rights takes that state back.
      if (this.current.state !== 'rights-missing') this.note('operational', '');
      return result;
    } catch (error) {
      throw this.noteTrouble(asTrouble(error));
    }
  }

  /** A look at the server for somebody who wants to know: it comes through a pause, and ends it. */
  async look(missingRights: () => Promise<readonly string[]>): Promise<void> {
    try {
      const missing = await missingRights();
      this.availability.noteUp();
      if (missing.length > 0) this.note('rights-missing', `A security profile on that server must give its account ${missing.join(', ')} too.`);
      else this.note('operational', '');
    } catch (error) {
      this.noteTrouble(asTrouble(error));
    }
  }

  noteTrouble(trouble: ServerTrouble): ServerTrouble {
    this.note(trouble.state, trouble.problem);
    return trouble;
  }

  private note(state: ServerState, problem: string): void {
    this.current = nextStatus(this.current, state, problem, new Date());
  }
}
