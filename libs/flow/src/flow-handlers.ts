import { Controller, type Type } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import type { FlowMessage } from './flow-client.js';
import { FLOW, type FlowService, type Subject } from './flow.js';

/** Handles one subject. It may run twice for a message: `FlowClient.step` says so, and then it writes nothing. */
export interface FlowHandler<S extends Subject> {
  handle(message: FlowMessage<S>): Promise<void>;
}

type ConsumedBy<Service extends FlowService> = { [S in Subject]: Service extends (typeof FLOW)[S]['to'][number] ? S : never }[Subject];

/** For each subject that the service consumes its handler: none missing and none too many, or it does not compile. */
export type FlowHandlers<Service extends FlowService> = { readonly [S in ConsumedBy<Service>]: Type<FlowHandler<S>> };

export function subjectsOf(service: FlowService): Subject[] {
  return (Object.keys(FLOW) as Subject[]).filter((subject) => (FLOW[subject].to as readonly FlowService[]).includes(service));
}

/**
 * Binds handlers to subjects, in the module file and nowhere else: gives the Nest controllers of a service. The handler
 * classes are plain injectables and know nothing of the pattern they answer.
 */
export function flowControllers<Service extends FlowService>(service: Service, handlers: FlowHandlers<Service>): Type[] {
  const bound = Object.entries(handlers) as [Subject, Type][];
  const missing = subjectsOf(service).filter((subject) => !bound.some(([name]) => name === subject));
  if (missing.length > 0) throw new Error(`${service} has no handler for ${missing.join(', ')}`);
  // One class may answer several subjects.
  const byHandler = Map.groupBy(bound, ([, handler]) => handler);
  for (const [handler, own] of byHandler) {
    const descriptor = Object.getOwnPropertyDescriptor(handler.prototype, 'handle');
    if (!descriptor) throw new Error(`${handler.name} has no method "handle"`);
    Controller()(handler);
    EventPattern(own.map(([subject]) => subject))(handler.prototype as object, 'handle', descriptor);
  }
  return [...byHandler.keys()];
}
