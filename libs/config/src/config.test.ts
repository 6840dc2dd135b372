import { describe, expect, it } from 'vitest';
import { ConfigError, readConfigs } from './config.js';
import { listenAddress, oneOf, optionalText, text, url, wholeNumber } from './variables.js';

const definition = {
  home: text('INKPOST_HOME', 'Folder of all data.', '.inkpost'),
  listen: listenAddress('INKPOST_LISTEN', 'Where it listens.', '127.0.0.1:5780'),
  level: oneOf('INKPOST_LEVEL', 'Log level.', ['debug', 'info'], 'info'),
  workers: wholeNumber('INKPOST_WORKERS', 'Workers.', 4, { min: 1, max: 8 }),
  redisUrl: url('INKPOST_REDIS_URL', 'Redis.', ['redis', 'rediss'], undefined),
  note: optionalText('INKPOST_NOTE', 'A note.'),
};

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfigs([definition], environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('the configuration', () => {
  it('stands by its defaults, and takes an empty variable as absent', () => {
    const [config] = readConfigs([definition], { INKPOST_HOME: '' });
    expect(config).toEqual({ home: '.inkpost', listen: { host: '127.0.0.1', port: 5780 }, level: 'info', workers: 4, redisUrl: undefined, note: undefined });
  });

  it('lists everything that is wrong at once, each with its variable and what to do', () => {
    const problems = problemsOf({ INKPOST_LEVEL: 'loud', INKPOST_WORKERS: '9', INKPOST_REDIS_URL: 'http://x', INKPOST_LISTEN: 'nowhere', INKPOST_HOEM: '/x' });
    expect(problems).toHaveLength(5);
    expect(problems.join('\n')).toMatch(/INKPOST_HOEM is not a setting.*Did you mean INKPOST_HOME\?/);
    expect(problems.join('\n')).toMatch(/INKPOST_LEVEL: must be one of debug, info/);
    expect(problems.join('\n')).toMatch(/INKPOST_WORKERS: must be a whole number from 1 to 8/);
  });

  it('names a required variable that is missing', () => {
    expect(() => readConfigs([{ key: text('INKPOST_KEY', 'The key.') }], {})).toThrow(/INKPOST_KEY: is missing\. The key\./);
  });

  it('leaves variables of other programs alone', () => {
    expect(problemsOf({ PATH: '/bin', HOME: '/root' })).toEqual([]);
  });

  it.each([
    ['5780', { host: '127.0.0.1', port: 5780 }],
    ['0.0.0.0:443', { host: '0.0.0.0', port: 443 }],
    ['[::1]:80', { host: '::1', port: 80 }],
    ['inkpost.test:0', { host: 'inkpost.test', port: 0 }],
  ])('reads the address %s', (value, expected) => {
    expect(readConfigs([definition], { INKPOST_LISTEN: value })[0].listen).toEqual(expected);
  });

  it.each(['70000', 'host:', 'a:b:1', '::1:80', '-1'])('refuses the address %s', (value) => {
    expect(problemsOf({ INKPOST_LISTEN: value })).toHaveLength(1);
  });
});
