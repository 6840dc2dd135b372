import { describe, expect, it } from 'vitest';
import { judge, type MailedDocument } from './verdict.js';

const document = (name: string, copies = 1): MailedDocument => ({ fileName: `${name}.pdf`, sha256: `sha-${name}`, journey: `messageId=<${name}@example.org>`, copies });
const [a, b] = [document('a'), document('b')];
const once = { wanted: 1, printed: 1 };
const saidOnce = new Map([['a.pdf', once], ['b.pdf', once]]);

describe('the verdict', () => {
  it('is clean when each document is on paper once and its journey says so once', () => {
    expect(judge([a, b], ['sha-b', 'sha-a'], saidOnce)).toEqual({ lost: [], doubled: [], altered: 0 });
  });

  it('calls a document lost that no printer holds, whatever its journey says', () => {
    expect(judge([a, b], ['sha-a'], saidOnce).lost).toEqual([b]);
  });

  it('calls a document lost whose journey never says that it was printed', () => {
    expect(judge([a, b], ['sha-a', 'sha-b'], new Map([['a.pdf', once]])).lost).toEqual([b]);
  });

  it('calls a document doubled that came out twice, or was said to', () => {
    expect(judge([a, b], ['sha-a', 'sha-a', 'sha-b'], saidOnce).doubled).toEqual([a]);
    expect(judge([a, b], ['sha-a', 'sha-b'], new Map([['a.pdf', once], ['b.pdf', { wanted: 1, printed: 2 }]])).doubled).toEqual([b]);
  });

  it('wants a reprinted document once more for each reprint that was taken, and at least once more', () => {
    const again = document('a', 2);
    const twice = { wanted: 2, printed: 2 };
    expect(judge([again], ['sha-a', 'sha-a'], new Map([['a.pdf', twice]]))).toEqual({ lost: [], doubled: [], altered: 0 });
    expect(judge([again], ['sha-a'], new Map([['a.pdf', once]])).lost).toEqual([again]);
    expect(judge([again], ['sha-a', 'sha-a'], new Map([['a.pdf', { wanted: 3, printed: 2 }]])).lost).toEqual([again]);
    expect(judge([again], ['sha-a', 'sha-a', 'sha-a'], new Map([['a.pdf', twice]])).doubled).toEqual([again]);
  });

  it('sees a print that is like nothing that was mailed', () => {
    expect(judge([a], ['sha-a', 'sha-x'], saidOnce).altered).toBe(1);
  });
});
