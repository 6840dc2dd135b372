import { describe, expect, it } from 'vitest';
import { judge, type MailedDocument } from './verdict.js';

const document = (name: string): MailedDocument => ({ fileName: `${name}.pdf`, sha256: `sha-${name}`, messageId: `<${name}@example.org>` });
const [a, b] = [document('a'), document('b')];
const saidOnce = new Map([['a.pdf', 1], ['b.pdf', 1]]);

describe('the verdict', () => {
  it('is clean when each document is on paper once and its journey says so once', () => {
    expect(judge([a, b], ['sha-b', 'sha-a'], saidOnce)).toEqual({ lost: [], doubled: [], altered: 0 });
  });

  it('calls a document lost that no printer holds, whatever its journey says', () => {
    expect(judge([a, b], ['sha-a'], saidOnce).lost).toEqual([b]);
  });

  it('calls a document lost whose journey never says that it was printed', () => {
    expect(judge([a, b], ['sha-a', 'sha-b'], new Map([['a.pdf', 1]])).lost).toEqual([b]);
  });

  it('calls a document doubled that came out twice, or was said to', () => {
    expect(judge([a, b], ['sha-a', 'sha-a', 'sha-b'], saidOnce).doubled).toEqual([a]);
    expect(judge([a, b], ['sha-a', 'sha-b'], new Map([['a.pdf', 1], ['b.pdf', 2]])).doubled).toEqual([b]);
  });

  it('sees a print that is like nothing that was mailed', () => {
    expect(judge([a], ['sha-a', 'sha-x'], saidOnce).altered).toBe(1);
  });
});
