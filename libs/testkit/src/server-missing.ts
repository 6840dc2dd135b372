/** A real server that a test needs is not installed on this machine. */
export class ServerMissing extends Error {
  constructor(
    readonly server: string,
    /** Debian packages that bring it. */
    readonly packages: readonly string[],
  ) {
    super(`${server} is not installed (Debian: apt-get install ${packages.join(' ')})`);
    this.name = 'ServerMissing';
  }
}
