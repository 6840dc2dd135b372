import { createInterface, type Interface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { type CommandLine, UsageError } from './command-line.js';
import type { CommandContext } from './command.js';

/** Who is at the other end: a person, or a script that pipes its answers in. */
export class Terminal {
  private input: Interface | undefined;
  private answers: AsyncIterator<string> | undefined;
  private muted = false;

  constructor(private readonly out: NodeJS.WriteStream) {
    // A reader that stops early, as `head` does, breaks nothing.
    out.on('error', () => undefined);
  }

  say(line: string): void {
    this.out.write(`${line}\n`);
  }

  contextOf({ verb, values }: CommandLine): CommandContext {
    const get = (key: string) => values.get(key);
    let password: Promise<string> | undefined;
    return {
      get,
      need: (key) => {
        const value = values.get(key);
        if (value === undefined || value === '') throw new UsageError(`${verb} needs /${key}=<value>.`);
        return value;
      },
      password: () => (password ??= this.password(values.get('password'))),
      say: (line) => this.say(line),
      confirm: (question) => this.confirm(question),
    };
  }

  close(): void {
    this.input?.close();
  }

  private async password(given: string | undefined): Promise<string> {
    if (given !== undefined && given !== '') return given;
    const kept = process.env['INKPOST_MAINTENANCE_PASSWORD'];
    if (kept !== undefined && kept !== '') return kept;
    if (!process.stdin.isTTY) throw new UsageError('The maintenance password is missing: give /password=<value>, or set INKPOST_MAINTENANCE_PASSWORD.');
    this.out.write('Maintenance password: ');
    this.muted = true;
    const typed = await this.line();
    this.muted = false;
    this.out.write('\n');
    return typed ?? '';
  }

  private async confirm(question: string): Promise<boolean> {
    for (;;) {
      this.say(question);
      const answer = (await this.line())?.trim().toLowerCase();
      if (answer === 'y') return true;
      if (answer === undefined) this.say('Nobody answered: nothing was changed. A script says /force, which answers with y.');
      if (answer === 'n' || answer === undefined) return false;
    }
  }

  /** Undefined: the input is over. */
  private async line(): Promise<string | undefined> {
    if (!this.answers) {
      const shown = new Writable({ write: (piece, _encoding, done) => (this.muted ? done() : this.out.write(piece as Buffer, () => done())) });
      this.input = createInterface({ input: process.stdin, output: shown, terminal: process.stdin.isTTY });
      this.answers = this.input[Symbol.asyncIterator]();
    }
    const { value, done } = await this.answers.next();
    return done === true ? undefined : value;
  }
}
