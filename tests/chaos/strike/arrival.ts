/** Something stands still at the wanted moment, or it did not come in time. */
export interface Arrival {
  readonly isThere: boolean;
  /** Lets it go on; a second time is nothing. */
  letGo(): Promise<void>;
}

export const NOT_THERE: Arrival = { isThere: false, letGo: async () => undefined };
