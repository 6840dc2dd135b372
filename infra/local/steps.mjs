// Plain JavaScript: the bootstrap shows its steps before anything is installed or built. Documented in steps.d.mts.

export class Steps {
  #stream;
  #startedAt = performance.now();

  constructor(stream = process.stdout) {
    this.#stream = stream;
  }

  async run(title, act) {
    const startedAt = performance.now();
    let detail = '';
    const begin = () => this.#begin(`… ${title}`, startedAt);
    const end = (sign) => this.#end(`${sign} ${detail === '' ? title : `${title}: ${detail}`}`, startedAt);
    begin();
    const ticking = this.#stream.isTTY ? setInterval(begin, 1000) : undefined;
    try {
      const result = await act((text) => {
        detail = text;
      });
      end('✓');
      return result;
    } catch (error) {
      end('✗');
      throw error;
    } finally {
      clearInterval(ticking);
    }
  }

  line(text) {
    this.#stream.write(`${text}\n`);
  }

  elapsed() {
    return seconds(this.#startedAt);
  }

  // A terminal sees one line whose time runs; a log sees one line at the beginning and one at the end.
  #begin(text, startedAt) {
    this.#stream.write(this.#stream.isTTY ? `\r\x1b[K${text.padEnd(60)} ${seconds(startedAt)}` : `${text}\n`);
  }

  #end(text, startedAt) {
    this.#stream.write(`${this.#stream.isTTY ? '\r\x1b[K' : ''}${text.padEnd(60)} ${seconds(startedAt)}\n`);
  }
}

function seconds(startedAt) {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}
