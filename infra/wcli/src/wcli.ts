#!/usr/bin/env node
import { Failure } from '@inkpost/failure/failure.js';
import { DIFF, LEAVE, LIST, PROMOTE, PUSH, STATUS } from './ask-server.js';
import { type CommandLine, echo, readCommandLine, UsageError } from './command-line.js';
import { type Command, keysOf } from './command.js';
import { CREATEMASTER, CREATESLAVE } from './form-domain.js';
import { SINGLEIFY } from './singleify.js';
import { Terminal } from './terminal.js';

const COMMANDS: Readonly<Record<string, Command>> = { CREATEMASTER, CREATESLAVE, SINGLEIFY, STATUS, LIST, DIFF, PUSH, PROMOTE, LEAVE };

const EXIT = { failed: 1, usage: 2 } as const;

const EXPLANATION = `wcli <COMMAND> /key=value …   forms and looks after a domain of Inkpost servers

${Object.entries(COMMANDS).map(([verb, { summary, parameters }]) => `${verb.padEnd(13)}${summary}\n             ${parameters.join(' ')}`).join('\n')}

Commands are written in capitals; parameters come in any order. An address is an IP address, a name, or a URI such as
https://printserver1:5753/watchdoc/server. Without /password it is asked for, or read from INKPOST_MAINTENANCE_PASSWORD.
--json: one line for programs on standard output, everything else on standard error.
Exit codes: 0 done, 1 failed, 2 not understood, 3 answered with n.
`;

/** The command and its parameters, checked. Throws a UsageError. */
function commandOf({ verb, values }: CommandLine): Command {
  const command = Object.hasOwn(COMMANDS, verb) ? COMMANDS[verb] : undefined;
  if (!command) {
    const meant = Object.keys(COMMANDS).find((each) => each === verb.toUpperCase());
    throw new UsageError(meant === undefined ? `There is no command "${verb}". There are: ${Object.keys(COMMANDS).join(', ')}.` : `There is no command "${verb}": it is written ${meant}, in capitals.`);
  }
  const keys = keysOf(command);
  const strange = [...values.keys()].find((key) => !keys.includes(key));
  if (strange !== undefined) throw new UsageError(`${verb} has no parameter /${strange}. It has: ${command.parameters.join(' ')}`);
  return command;
}

async function main(args: readonly string[]): Promise<number> {
  if (args.length === 0 || args.includes('--help')) {
    process.stdout.write(EXPLANATION);
    return 0;
  }
  const terminal = new Terminal(args.includes('--json') ? process.stderr : process.stdout);
  let line: CommandLine | undefined;
  try {
    line = readCommandLine(args);
    const { json, exitCode = 0 } = await commandOf(line).run(terminal.contextOf(line));
    if (line.json) process.stdout.write(`${JSON.stringify({ ok: exitCode === 0, command: line.verb, ...json })}\n`);
    return exitCode;
  } catch (error) {
    const reason = reasonOf(error);
    // Of the original, to the letter (CLI-010, TRB-001).
    terminal.say(`An error occurred while executing command ${line?.verb ?? args.find((text) => !text.startsWith('/')) ?? ''}`.trimEnd());
    terminal.say(`Command Line: ${echo(args)}`);
    terminal.say(reason);
    if (args.includes('--json')) process.stdout.write(`${JSON.stringify({ ok: false, command: line?.verb ?? null, code: error instanceof Failure ? error.code : error instanceof UsageError ? 'usage' : 'unexpected', reason })}\n`);
    return error instanceof UsageError ? EXIT.usage : EXIT.failed;
  } finally {
    terminal.close();
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Failure && error.code === 'admission.unreachable') {
    const { uri, reason } = error.fields as { uri?: string; reason?: string };
    if (uri !== undefined && reason !== undefined) return `Failed to obtain server information from ${uri} : ${reason}`;
  }
  return error instanceof Error ? error.message : String(error);
}

const NODE_MIN = 22;

if (Number.parseInt(process.versions.node, 10) < NODE_MIN) {
  process.stderr.write(`Node ${NODE_MIN} or later is needed, this is ${process.version}.\n`);
  process.exitCode = EXIT.failed;
} else {
  process.exitCode = await main(process.argv.slice(2));
}
