import { Availability } from '@inkpost/server-connection/availability.js';
import { asTrouble, NOT_INITIALISED, nextStatus, type SendingState, type SendingStatus, type SendingTrouble } from './sending-status.js';

/** The server as jobs ask it: while it is down, with pauses in which it is not asked; and what is known of it (SKY-034). */
export class LiveServer {
  private readonly availability: Availability;
  private current: SendingStatus = NOT_INITIALISED;

  constructor(now?: () => number) {
    this.availability = new Availability(now);
  }

  get status(): SendingStatus {
    return this.current;
  }

  /** How long nothing is to be asked; 0: now. */
  get restsMs(): number {
    return this.availability.restsMs;
  }

  /** Throws a `SendingTrouble`: what the work failed by, or, during a pause, what began it. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await this.availability.unlessDown(() => work().catch((error: unknown) => {
        throw asTrouble(error);
      }));
      // Whether there is such a place is not said by other answers: only a look takes that state back.
      if (this.current.state !== 'unknown-location') this.note('operational', '');
      return result;
    } catch (error) {
      throw this.noteTrouble(asTrouble(error));
    }
  }

  /** A look at the server for somebody who wants to know: it comes through a pause, and ends it. `find` gives what is wrong with where documents go; undefined: nothing is. */
  async look(find: () => Promise<SendingTrouble | undefined>): Promise<void> {
    try {
      const trouble = await find();
      this.availability.noteUp();
      if (trouble) this.noteTrouble(trouble);
      else this.note('operational', '');
    } catch (error) {
      this.noteTrouble(asTrouble(error));
    }
  }

  noteTrouble(trouble: SendingTrouble): SendingTrouble {
    this.note(trouble.state, trouble.problem);
    return trouble;
  }

  private note(state: SendingState, problem: string): void {
    this.current = nextStatus(this.current, state, problem, new Date());
  }
}
