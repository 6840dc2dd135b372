import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/** OWASP's first choice for Argon2id; about 40 ms of one core. */
const PARAMETERS = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const SALT_BYTES = 16;
const TAG_BYTES = 32;
/** Of Argon2 1.3, the only one that Node has. */
const VERSION = 19;

const derive = promisify(argon2);

interface HashParts {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
  readonly salt: Buffer;
  readonly tag: Buffer;
}

/** The PHC string of a password: `$argon2id$v=19$m=<KiB>,t=<passes>,p=<lanes>$<salt>$<tag>`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const tag = await tagOf(password, { ...PARAMETERS, salt }, TAG_BYTES);
  return `$argon2id$v=${VERSION}$${parametersText(PARAMETERS)}$${unpadded(salt)}$${unpadded(tag)}`;
}

/** Compares in constant time, with the parameters that the hash was made with. */
export async function verifyPassword(hash: string, password: string): Promise<boolean> {
  const parts = parseHash(hash);
  return timingSafeEqual(await tagOf(password, parts, parts.tag.length), parts.tag);
}

/** The hash was made with other parameters than new ones are: make it again while the password is at hand. */
export function isOutdated(hash: string): boolean {
  return parametersText(parseHash(hash)) !== parametersText(PARAMETERS);
}

function parametersText({ memory, passes, parallelism }: Pick<HashParts, 'memory' | 'passes' | 'parallelism'>): string {
  return `m=${memory},t=${passes},p=${parallelism}`;
}

/** The same letters typed on another keyboard may be composed differently (NIST SP 800-63B, 5.1.1.2). */
function tagOf(password: string, { memory, passes, parallelism, salt }: Omit<HashParts, 'tag'>, tagLength: number): Promise<Buffer> {
  return derive('argon2id', { message: password.normalize('NFKC'), nonce: salt, memory, passes, parallelism, tagLength });
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/u, '');
}

function parseHash(hash: string): HashParts {
  const { memory, passes, parallelism, salt = '', tag = '' } =
    /^\$argon2id\$v=19\$m=(?<memory>\d+),t=(?<passes>\d+),p=(?<parallelism>\d+)\$(?<salt>[A-Za-z0-9+/]+)\$(?<tag>[A-Za-z0-9+/]+)$/u.exec(hash)?.groups ?? {};
  if (tag === '') throw new Error('A stored password hash is damaged.');
  return { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism), salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') };
}
