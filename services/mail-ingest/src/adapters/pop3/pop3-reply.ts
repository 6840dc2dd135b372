/** The first line of a POP3 server's answer (RFC 1939, 3). */
export interface Pop3Reply {
  readonly ok: boolean;
  /** Neither yes nor no: the server wants more (RFC 5034, 4). */
  readonly continues: boolean;
  /** RFC 2449, 8: such as IN-USE; empty where there is none. Upper case. */
  readonly code: string;
  readonly text: string;
}

const TEXT_CHARACTERS_MAX = 500;

/** Undefined: not an answer of a POP3 server. */
export function readReply(line: string): Pop3Reply | undefined {
  const [, sign, rest = ''] = /^(\+OK|-ERR|\+)(?:\s+(.*))?$/i.exec(line) ?? [];
  if (sign === undefined) return undefined;
  const continues = sign === '+';
  const [coded = '', code = ''] = (!continues && /^\[([A-Z0-9/-]{1,50})\]\s*/i.exec(rest)) || [];
  return { ok: sign.toUpperCase() === '+OK', continues, code: code.toUpperCase(), text: continues ? rest : rest.slice(coded.length, coded.length + TEXT_CHARACTERS_MAX) };
}
