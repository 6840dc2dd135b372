import { describe, expect, it } from 'vitest';
import { bindQuery } from './named-query.js';

describe('the parameter of a query', () => {
  it('is bound wherever it stands outside of quotes, as each engine wants it', () => {
    const query = `SELECT ':address' AS a, "x:address", mail::text FROM badge WHERE lower(mail) = :address OR :address = ANY(others);`;
    expect(bindQuery(query, 'address', 'postgres')).toEqual({ text: `SELECT ':address' AS a, "x:address", mail::text FROM badge WHERE lower(mail) = $1 OR $1 = ANY(others)`, values: 1 });
    expect(bindQuery("SELECT `it:address`, 'it''s :address' FROM badge WHERE mail IN (:address, concat('smtp:', :address))", 'address', 'mysql')).toEqual({
      text: "SELECT `it:address`, 'it''s :address' FROM badge WHERE mail IN (?, concat('smtp:', ?))", values: 2,
    });
  });

  it.each([
    ['must begin', 'UPDATE badge SET mail = :address', /begins with SELECT or WITH/],
    ['must begin', 'CALL people(:address)', /begins with SELECT or WITH/],
    ['is missing', 'SELECT 1', /must contain :address/],
    ['is quoted', "SELECT * FROM badge WHERE mail = ':address'", /must contain :address/],
    ['is another', 'SELECT * FROM badge WHERE mail = :address AND site = :site', /there is :site/],
    ['has a second statement behind', 'SELECT * FROM badge WHERE mail = :address; DROP TABLE badge', /without ; in it/],
    ['hides in a comment', 'SELECT * FROM badge WHERE mail = :address -- x', /no comments/],
    ['hides in a comment that MySQL runs', 'SELECT /*! 1 INTO OUTFILE "x" */ FROM badge WHERE mail = :address', /no comments/],
    ['writes a file', "SELECT * INTO OUTFILE '/tmp/x' FROM badge WHERE mail = :address", /must not write/],
    ['leaves a quote open', "SELECT 'x FROM badge WHERE mail = :address", /close each quote/],
    ['escapes a quote', String.raw`SELECT 'x\' FROM badge WHERE mail = :address`, /no backslash/],
    ['has a placeholder of its own', 'SELECT * FROM badge WHERE site = ? AND mail = :address', /no \? outside/],
  ])('of a query that %s is refused with what to do', (_what, query, reason) => {
    expect(bindQuery(query, 'address', 'mysql')).toEqual({ reason: expect.stringMatching(reason) as unknown });
  });

  it('is told apart from what only PostgreSQL knows', () => {
    expect(bindQuery("SELECT data #>> '{mail}', data ? 'x' FROM badge WHERE mail = :address", 'address', 'postgres')).toMatchObject({ values: 1 });
    expect(bindQuery('SELECT * FROM badge WHERE mail = :address AND note = $x$y$x$', 'address', 'postgres')).toMatchObject({ reason: expect.stringContaining('no $') as unknown });
    expect(bindQuery('SELECT 1 FROM badge WHERE mail = :address # x', 'address', 'mysql')).toMatchObject({ reason: expect.stringContaining('comments') as unknown });
  });
});
