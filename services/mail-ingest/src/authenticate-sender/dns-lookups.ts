import { Resolver } from 'node:dns/promises';
import { DNS_CACHED_MAX, DNS_FAILURE_KEPT_MS, DNS_KEPT_MS, DNS_TIMEOUT_MS, DNS_TRIES } from '../limits.js';

/** As `dns.resolve`: answers of one type for one name. Rejects with an Error whose `code` is ENOTFOUND or ENODATA where there are none, and others. */
export type DnsAsk = (name: string, type: string) => Promise<string[] | string[][]>;

/** Asks these DNS servers (`192.0.2.1`, `192.0.2.1:5353`); none: those of the system. */
export function askDns(servers: readonly string[]): DnsAsk {
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: DNS_TRIES });
  if (servers.length > 0) resolver.setServers(servers);
  return async (name, type) => (await resolver.resolve(name, type)) as string[] | string[][];
}

interface Kept {
  readonly answer: Promise<string[] | string[][]>;
  keptUntilMs: number;
}

const IS_NONE: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA']);

/** DNS with a memory: the same few senders write again and again, and who asks together asks once. */
export class DnsLookups {
  private readonly kept = new Map<string, Kept>();

  constructor(
    private readonly ask: DnsAsk,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** For one mail: what isn't answered within `patienceMs` from now counts as a time-out, all together. */
  within(patienceMs: number): DnsAsk {
    const deadline = this.nowMs() + patienceMs;
    return (name, type) => beforeDeadline(this.lookUp(name.toLowerCase(), type), deadline - this.nowMs());
  }

  private lookUp(name: string, type: string): Promise<string[] | string[][]> {
    const key = `${type} ${name}`;
    const known = this.kept.get(key);
    if (known && known.keptUntilMs > this.nowMs()) return known.answer;
    const asked: Kept = { answer: this.ask(name, type), keptUntilMs: Infinity };
    this.kept.delete(key);
    this.kept.set(key, asked);
    const keep = (forMs: number) => () => {
      asked.keptUntilMs = this.nowMs() + forMs;
    };
    asked.answer.then(keep(DNS_KEPT_MS), (error: unknown) => keep(IS_NONE.has(codeOf(error)) ? DNS_KEPT_MS : DNS_FAILURE_KEPT_MS)());
    const [oldest] = this.kept.keys();
    if (this.kept.size > DNS_CACHED_MAX && oldest !== undefined) this.kept.delete(oldest);
    return asked.answer;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

async function beforeDeadline<T>(answer: Promise<T>, leftMs: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(Object.assign(new Error('DNS took too long'), { code: 'ETIMEOUT' })), Math.max(leftMs, 0));
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
