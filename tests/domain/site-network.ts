import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The middle has the bridge that the lines of all sites hang on. */
const MIDDLE = 'middle';
/** Of a site's own end of its line. */
const DEVICE = 'site';

/**
 * Networks of sites on this machine: a network namespace each, and one in the middle with a bridge that all hang on. What is cut, slow or closed there is so for the kernel, and
 * nothing else leads from one site to another. Needs CAP_NET_ADMIN and CAP_SYS_ADMIN.
 */
export class SiteNetwork {
  private constructor(
    private readonly prefix: string,
    private readonly names: readonly string[],
    private readonly keeper: ChildProcess,
  ) {}

  static async create(names: readonly string[]): Promise<SiteNetwork> {
    const prefix = `inkpost-${process.pid}`;
    const network = new SiteNetwork(prefix, names, startKeeper([...names, MIDDLE].map((name) => `${prefix}-${name}`)));
    try {
      await network.build();
    } catch (error) {
      await network.remove();
      throw error;
    }
    return network;
  }

  namespace(name: string): string {
    return `${this.prefix}-${name}`;
  }

  address(name: string): string {
    return `10.77.0.${this.names.indexOf(name) + 1}`;
  }

  /** Nothing arrives any more, in either direction; open connections are not told. */
  async cut(name: string): Promise<void> {
    await ip('-n', this.namespace(MIDDLE), 'link', 'set', port(name), 'down');
  }

  async heal(name: string): Promise<void> {
    await ip('-n', this.namespace(MIDDLE), 'link', 'set', port(name), 'up');
  }

  /** The line carries so much in each direction, and no more. */
  async slow(name: string, kilobitsPerSecond: number): Promise<void> {
    for (const { namespace, device } of this.ends(name)) {
      await run('tc', ['-n', namespace, 'qdisc', 'replace', 'dev', device, 'root', 'tbf', 'rate', `${kilobitsPerSecond}kbit`, 'burst', '16kb', 'latency', '500ms']);
    }
  }

  /** As it was before `slow`. */
  async quicken(name: string): Promise<void> {
    for (const { namespace, device } of this.ends(name)) await run('tc', ['-n', namespace, 'qdisc', 'delete', 'dev', device, 'root']);
  }

  /** Bytes that have come to a site since its line was made. */
  async received(name: string): Promise<number> {
    const { stdout } = await ip('-n', this.namespace(name), '-json', '-statistics', 'link', 'show', DEVICE);
    return (JSON.parse(stdout) as { stats64: { rx: { bytes: number } } }[])[0]?.stats64.rx.bytes ?? 0;
  }

  /** As behind a firewall: answers come in, calls don't. */
  async letOnlyCallOut(name: string): Promise<void> {
    const rule = (...args: readonly string[]) => ip('netns', 'exec', this.namespace(name), 'iptables', '--append', 'INPUT', '--in-interface', DEVICE, ...args);
    await rule('--match', 'conntrack', '--ctstate', 'ESTABLISHED,RELATED', '--jump', 'ACCEPT');
    await rule('--jump', 'DROP');
  }

  async remove(): Promise<void> {
    const gone = once(this.keeper, 'exit');
    this.keeper.stdin?.end();
    await gone;
  }

  private ends(name: string): { readonly namespace: string; readonly device: string }[] {
    return [{ namespace: this.namespace(MIDDLE), device: port(name) }, { namespace: this.namespace(name), device: DEVICE }];
  }

  private async build(): Promise<void> {
    const middle = this.namespace(MIDDLE);
    await ip('netns', 'add', middle);
    await ip('-n', middle, 'link', 'add', 'sites', 'type', 'bridge');
    await ip('-n', middle, 'link', 'set', 'sites', 'up');
    for (const name of this.names) {
      const namespace = this.namespace(name);
      await ip('netns', 'add', namespace);
      await ip('-n', middle, 'link', 'add', port(name), 'type', 'veth', 'peer', 'name', DEVICE, 'netns', namespace);
      await ip('-n', middle, 'link', 'set', port(name), 'master', 'sites', 'up');
      await ip('-n', namespace, 'link', 'set', 'lo', 'up');
      await ip('-n', namespace, 'address', 'add', `${this.address(name)}/24`, 'dev', DEVICE);
      await ip('-n', namespace, 'link', 'set', DEVICE, 'up');
    }
  }
}

/** The middle's end of a site's line. */
function port(name: string): string {
  return `to-${name}`;
}

function ip(...args: readonly string[]): Promise<{ readonly stdout: string }> {
  return run('ip', [...args]);
}

/** Removes the namespaces when its standard input ends: with `remove`, and with the process that made them, however that ends. */
function startKeeper(namespaces: readonly string[]): ChildProcess {
  const script = 'cat; for namespace in "$@"; do ip netns delete "$namespace"; done';
  return spawn('sh', ['-c', script, 'keeper', ...namespaces], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
}

/** Why there can be no such networks here, found out by making one; undefined: there can. */
export async function whyNoNetworks(): Promise<string | undefined> {
  try {
    const network = await SiteNetwork.create(['probe']);
    try {
      await network.slow('probe', 1_000);
      await network.letOnlyCallOut('probe');
    } finally {
      await network.remove();
    }
    return undefined;
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error && typeof error.stderr === 'string' && error.stderr !== '' ? error.stderr : String(error);
    return `networks of their own need root with CAP_NET_ADMIN and CAP_SYS_ADMIN, iproute2 and iptables: ${said.trim().split('\n')[0]}`;
  }
}
