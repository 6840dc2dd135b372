import type { ConnectRouter } from '@connectrpc/connect';

/** Nest token under which a module provides its Connect services. */
export const CONTROL_ROUTES = Symbol('control routes');

export type ControlRoutes = (router: ConnectRouter) => void;
