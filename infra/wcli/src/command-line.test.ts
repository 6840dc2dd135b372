import { describe, expect, it } from 'vitest';
import { echo, readCommandLine } from './command-line.js';

describe('a command line', () => {
  it('has its verb anywhere and its parameters in any order (CLI-003)', () => {
    const read = readCommandLine(['/master=10.10.0.110', '/password=a=b c', 'CREATEMASTER', '/force', '--json']);
    expect(read).toEqual({ verb: 'CREATEMASTER', json: true, values: new Map([['master', '10.10.0.110'], ['password', 'a=b c'], ['force', '']]) });
  });

  it('keeps an address that is a URI whole (CLI-004)', () => {
    expect(readCommandLine(['STATUS', '/server=https://printserver1:5753/watchdoc/server']).values.get('server')).toBe('https://printserver1:5753/watchdoc/server');
  });

  it.each([
    [['/master=a'], 'No command is given.'],
    [['LIST', 'STATUS'], '"LIST" and "STATUS" are two commands; parameters are written /key=value.'],
    [['LIST', '/server=a', '/server=b'], '/server is given twice.'],
    [['LIST', `/server=${'a'.repeat(5_000)}`], 'A parameter has 5008 characters; 4096 is the most.'],
  ])('%j is refused: %s', (args, reason) => {
    expect(() => readCommandLine(args)).toThrow(reason);
  });

  it('is shown again without the password, whatever is in it (CLI-010)', () => {
    expect(echo(['/slave=b', '/password=doxense 2015/=\n', '/PASSWORD=x', 'CREATESLAVE'])).toBe('wcli /slave=b /password=******** /PASSWORD=******** CREATESLAVE');
  });
});
