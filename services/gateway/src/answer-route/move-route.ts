import type { Route } from './route.js';

/** The same route at another door: what is `/api/v0/guests` at one is `/wsc/v1/guests` there, in Location too. */
export function moveRoute(route: Route, from: `/${string}`, to: `/${string}`): Route {
  const moved = (path: string): `/${string}` => `${to}${path.slice(from.length)}`;
  if (!route.path.startsWith(`${from}/`)) throw new Error(`${route.path} is not below ${from}.`);
  return {
    ...route,
    path: moved(route.path),
    prepare: (raw, context) => {
      const prepared = route.prepare(raw, context);
      return {
        objectId: prepared.objectId,
        handle: async () => {
          const answer = await prepared.handle();
          return answer.location === undefined ? answer : { ...answer, location: moved(answer.location) };
        },
      };
    },
  };
}
