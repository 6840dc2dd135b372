/** What became of an object: it is as the entry says, it is gone, or it is no longer shared and stays where it is. */
export type Change = 'put' | 'deleted' | 'kept';

export interface ObjectReference {
  readonly kind: string;
  readonly objectId: string;
}

/** An entry of the log without its body. */
export interface LogEntry extends ObjectReference {
  /** 1, 2, 3, … for the domain. */
  readonly position: number;
  /** In which it was recorded. */
  readonly epoch: number;
  /** The service that owns such objects. */
  readonly owner: string;
  readonly name: string;
  readonly change: Change;
  /** Hexadecimal; empty: of nothing that stays. */
  readonly digest: string;
  readonly needs: readonly ObjectReference[];
  readonly hasSecrets: boolean;
  /** Bytes of the body. */
  readonly size: number;
}

export function keyOf({ kind, objectId }: ObjectReference): string {
  return JSON.stringify([kind, objectId]);
}
