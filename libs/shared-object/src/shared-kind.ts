import type { JsonObject } from '@bufbuild/protobuf';
import type { HandlerContext } from '@connectrpc/connect';

/** An object by what its owner calls it. */
export interface ObjectReference {
  readonly kind: string;
  readonly objectId: string;
}

/** An object as its administrator set it. */
export interface SharedObject {
  readonly name: string;
  /** Nothing secret, and nothing of this server alone. */
  readonly body: JsonObject;
  readonly secrets?: JsonObject;
  /** What must be there before it. */
  readonly needs: readonly ObjectReference[];
}

/** An object of the master as it is to be here. */
export interface AppliedObject {
  readonly objectId: string;
  readonly body: JsonObject;
  readonly secrets: JsonObject;
  /** It is here already, whoever made it. */
  readonly isThere: boolean;
  /** … and of this server alone: one that came from the master before is not. */
  readonly isLocal: boolean;
}

/**
 * One kind of objects at their owner: reads and writes them as administrators do, with the same checks and the same statements.
 * A refusal is thrown, as administrators get it: a ConnectError or a PermanentFailure.
 */
export interface SharedKind {
  /** As `ObjectState.kind`. */
  readonly kind: string;
  list(context: HandlerContext): Promise<readonly { readonly objectId: string; readonly name: string }[]>;
  /** Undefined: there is none. */
  read(objectId: string, context: HandlerContext): Promise<SharedObject | undefined>;
  apply(object: AppliedObject, context: HandlerContext): Promise<void>;
  delete(objectId: string, context: HandlerContext): Promise<void>;
  /**
   * An object that stands where one of the master's is to be bears another name afterwards; gives that name, or undefined where nothing
   * stands in the way. `serverName`: of this server. `rehearses`: only says it.
   */
  makeRoom?(object: AppliedObject, serverName: string, rehearses: boolean): Promise<string | undefined>;
}
