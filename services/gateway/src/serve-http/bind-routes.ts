import { Controller, Req, RequestMapping, RequestMethod, Res, type Type } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Route } from '../answer-route/route.js';

export type Answer = (route: Route, request: Request, response: Response) => Promise<void>;

/** Nest's controller of a door: one method per declared route, and nothing besides. */
export function routeController(routes: readonly Route[], answer: Answer): Type {
  class DeclaredRoutes {}
  const methods = DeclaredRoutes.prototype as Record<string, unknown>;
  for (const route of routes) {
    if (route.operation in methods) throw new Error(`Two routes are called ${route.operation}.`);
    const descriptor = { value: (request: Request, response: Response) => answer(route, request, response) };
    Object.defineProperty(methods, route.operation, descriptor);
    Req()(methods, route.operation, 0);
    Res()(methods, route.operation, 1);
    RequestMapping({ method: RequestMethod[route.method], path: expressPath(route.path) })(methods, route.operation, descriptor);
  }
  Controller()(DeclaredRoutes);
  return DeclaredRoutes;
}

function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}
