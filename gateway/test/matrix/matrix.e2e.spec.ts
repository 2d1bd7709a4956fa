import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Platform, startPlatform } from '../fixtures/platform.ts';
import { callAs } from './calls.ts';
import { type Cast, castOf } from './cast.ts';
import { callWith, foreignCalls, ratioOf, wordsIn } from './foreign.ts';
import { askUninvited } from './on-the-bus.ts';
import { sender } from './people.ts';
import { verdictOf, wordsOf } from './policy.ts';

const atOnce = 8;
/** Of each kind, in turns. */
const callsToCompare = 60;
const sameTime = 1.5;
const report = join(process.cwd(), '.orrery', 'access-matrix.txt');

type Cells = readonly (readonly [string, readonly string[]])[];

const inTurn = async <T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<readonly R[]> => {
  const results = new Map<number, R>();
  const waiting = [...items.entries()].reverse();
  const work = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) results.set(next[0], await run(next[1]));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
};

/** A line for each route, a column for each caller; a dot is `in`. */
const tableOf = (callers: readonly string[], cells: Cells): string => {
  const heads = callers.map((name, column) => `${String(column + 1).padStart(3)} ${name}`);
  const numbers = callers.map((_, column) => String(column + 1).padStart(4)).join('');
  const widest = Math.max(...cells.map(([route]) => route.length));
  const lines = cells.map(
    ([route, row]) => `${route.padEnd(widest)}${row.map((cell) => (cell === 'in' ? '·' : cell).padStart(4)).join('')}`,
  );
  return [...heads, '', `${''.padEnd(widest)}${numbers}`, ...lines, ''].join('\n');
};

describe('The matrix of every route and every caller', () => {
  let platform: Platform;
  let cast: Cast;

  beforeAll(async () => {
    platform = await startPlatform();
    cast = await castOf(platform);
  }, 120_000);
  afterAll(() => platform?.stop(), 30_000);

  it('is what policies and roles say, and whoever is turned away changes nothing', async () => {
    const { callers, things } = cast;
    const send = sender(platform.url);
    const before = await platform.logs();
    const seen = await inTurn(platform.routes, async (row) => {
      const route = `${row.method.padEnd(6)} ${row.url}  ${wordsOf(row)}`;
      const expected = callers.map((caller) => verdictOf(row, caller));
      const actual: string[] = [];
      for (const [column, caller] of callers.entries()) {
        actual.push(await callAs(send, row, { caller, expected: expected[column] ?? '401', things }));
      }
      return { route, expected, actual };
    });
    const names = callers.map(({ name }) => name);
    const actual = tableOf(
      names,
      seen.map((line) => [line.route, line.actual]),
    );
    await mkdir(join(report, '..'), { recursive: true });
    await writeFile(report, actual);
    expect(actual).toBe(
      tableOf(
        names,
        seen.map((line) => [line.route, line.expected]),
      ),
    );
    expect(await platform.logs()).toEqual(before);
  }, 300_000);

  it('is kept by the services too, where nobody stands before them', async () => {
    const before = await platform.logs();
    const answers = await askUninvited(platform.bus, cast.owner);
    expect(answers.length).toBeGreaterThan(100);
    expect(answers.filter(({ answer, expected }) => answer !== expected)).toEqual([]);
    expect(await platform.logs()).toEqual(before);
  }, 120_000);

  describe('tells nobody of another organization', () => {
    it('that an id is known: the answer is what anybody gets for an id that nobody has', async () => {
      const send = sender(platform.url);
      const before = await platform.logs();
      const answers = await inTurn(foreignCalls(platform.routes, cast), async (foreign) => {
        const nobodys = foreign.nobodys();
        const theirs = wordsIn(await callWith(send, foreign, foreign.theirs), foreign.theirs);
        const unknown = wordsIn(await callWith(send, foreign, nobodys), nobodys);
        return { route: foreign.route, theirs, unknown, isNotFound: theirs.startsWith('404 ') };
      });
      expect(answers.length).toBeGreaterThan(20);
      expect(answers.filter(({ theirs, unknown, isNotFound }) => !isNotFound || theirs !== unknown)).toEqual([]);
      expect(await platform.logs()).toEqual(before);
    }, 60_000);

    it('how long it takes to know it', async () => {
      const slower: string[] = [];
      const ours = foreignCalls(platform.routes, cast).filter(({ route }) => route.includes('/orrery/v1/') && !route.startsWith('P'));
      for (const foreign of ours) {
        const first = await ratioOf(platform.url, foreign, callsToCompare);
        // What else goes on here may slow one more than the other; twice the same one, it is the platform.
        if (first < sameTime) continue;
        const again = await ratioOf(platform.url, foreign, 2 * callsToCompare);
        if (again >= sameTime) slower.push(`${foreign.route}: ${again.toFixed(2)} times as long`);
      }
      expect(slower).toEqual([]);
    }, 120_000);
  });
});
