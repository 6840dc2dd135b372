import type { SharedObjectStore } from './shared-object.store.js';

/** What an administrator is shown, before it becomes a message. */
type Shown = Readonly<Record<string, unknown>>;

/**
 * The same service, whose answers say of each object where it comes from: in the field `provenance` of every message for which `idOf` gives an
 * identifier (DOM-037, DOM-038). So what reads and writes objects need not know that some are shared.
 */
export function withProvenance<T extends object>(service: T, store: SharedObjectStore, kind: string, idOf: (shown: Shown) => unknown): T {
  const decorated = async (answer: Shown): Promise<Shown> => {
    const identifiers = Object.values(answer).flatMap((value) => (Array.isArray(value) ? value : [value])).flatMap((each) => identifierOf(each, idOf) ?? []);
    if (identifiers.length === 0) return answer;
    const provenances = await store.provenances(kind, identifiers);
    const decorate = (each: unknown): unknown => {
      const identifier = identifierOf(each, idOf);
      return identifier === undefined ? each : { ...(each as Shown), provenance: provenances.get(identifier) ?? 'local' };
    };
    return Object.fromEntries(Object.entries(answer).map(([field, value]) => [field, Array.isArray(value) ? value.map(decorate) : decorate(value)]));
  };
  return new Proxy(service, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name, target);
      return typeof method === 'function' ? async (...given: unknown[]) => decorated((await Reflect.apply(method, target, given)) as Shown) : method;
    },
  });
}

function identifierOf(shown: unknown, idOf: (shown: Shown) => unknown): string | undefined {
  const identifier = typeof shown === 'object' && shown !== null ? idOf(shown as Shown) : undefined;
  return typeof identifier === 'string' && identifier !== '' ? identifier : undefined;
}

/** The identifier that stands in a field, or in the settings. */
export function idIn(field: string): (shown: Shown) => unknown {
  return (shown) => shown[field];
}

export function idInSettings(field: string): (shown: Shown) => unknown {
  return ({ settings }) => (typeof settings === 'object' && settings !== null ? (settings as Shown)[field] : undefined);
}
