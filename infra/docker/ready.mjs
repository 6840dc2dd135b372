// The health check of a container: node infra/docker/ready.mjs PORT. Exit code 0 when /readyz of the control listener says yes.

const ready = await fetch(`http://127.0.0.1:${process.argv[2]}/readyz`, { signal: AbortSignal.timeout(4_000) }).then(
  async (response) => {
    // Shown by "docker inspect": what is missing.
    process.stdout.write(await response.text());
    return response.ok;
  },
  (error) => {
    process.stdout.write(`no answer: ${error.cause?.code ?? error.name}\n`);
    return false;
  },
);
process.exit(ready ? 0 : 1);
