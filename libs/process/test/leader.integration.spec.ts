import { logOf } from '@orrery/telemetry';
import { eventually, type FreshDatabase, freshDatabase } from '@orrery/testing';
import pg from 'pg';
import { assertTerm, type Candidate, lead, type Term, TermOver } from '../src/index.ts';

// Whole processes and servers start here, on machines that may be busy.
jest.setTimeout(60_000);

let database: FreshDatabase;
let pool: pg.Pool;
const candidates: Candidate[] = [];

beforeAll(async () => {
  database = await freshDatabase('leader');
  pool = new pg.Pool({ connectionString: database.url, max: 5 });
  pool.on('error', () => undefined);
});
afterEach(async () => {
  await Promise.all(candidates.splice(0).map((each) => each.stop()));
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const untilOver = (signal: AbortSignal) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));

const stand = (name: string, serve: (term: Term) => Promise<void> = ({ signal }) => untilOver(signal)) => {
  const terms: Term[] = [];
  const candidate = lead({
    url: database.url,
    name,
    log: logOf('test'),
    everyMs: 50,
    serve: (term) => {
      terms.push(term);
      return serve(term);
    },
  });
  candidates.push(candidate);
  return { candidate, terms };
};

const disconnect = (name: string) =>
  pool.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [`orrery leader ${name}`]);

describe('an office', () => {
  it('is held by one candidate, and goes to another when that one stops', async () => {
    const all = [stand('handover'), stand('handover'), stand('handover')];
    const first = await eventually(() => all.find(({ candidate }) => candidate.isLeading()));
    expect(all.filter(({ candidate }) => candidate.isLeading())).toHaveLength(1);
    await first.candidate.stop();
    expect(first.candidate.isLeading()).toBe(false);
    expect(first.terms[0]?.signal.aborted).toBe(true);
    const second = await eventually(() => all.find(({ candidate }) => candidate.isLeading()));
    expect(second).not.toBe(first);
    expect(second.terms[0]?.fence).toBe((first.terms[0]?.fence ?? 0n) + 1n);
  });

  it('has a new term, with a greater fence, after the connection of its holder broke', async () => {
    const { candidate, terms } = stand('broken');
    await eventually(() => candidate.isLeading());
    await disconnect('broken');
    await eventually(() => terms.length === 2);
    expect(terms[0]?.signal.aborted).toBe(true);
    expect(terms[1]?.signal.aborted).toBe(false);
    expect(terms[1]?.fence).toBe(2n);
  });

  it('is never held by two, whatever connections break', async () => {
    let holders = 0;
    let most = 0;
    const serve = async ({ signal }: Term) => {
      holders += 1;
      most = Math.max(most, holders);
      await untilOver(signal);
      holders -= 1;
    };
    const all = Array.from({ length: 4 }, () => stand('contested', serve));
    const termsSoFar = () => all.reduce((sum, { terms }) => sum + terms.length, 0);
    for (let round = 1; round <= 8; round += 1) {
      await eventually(() => termsSoFar() >= round && holders === 1);
      await disconnect('contested');
    }
    expect(most).toBe(1);
    const fences = all.flatMap(({ terms }) => terms.map(({ fence }) => fence));
    expect(new Set(fences).size).toBe(fences.length);
  });

  it('falls vacant when its work fails, and is taken again', async () => {
    const { terms } = stand('failing', () => Promise.reject(new Error('broken')));
    await eventually(() => terms.length >= 3);
  });

  it('is one of its name: others are held beside it', async () => {
    const [one, other] = [stand('one'), stand('other')];
    await eventually(() => one.candidate.isLeading() && other.candidate.isLeading());
  });

  it('lets a write through only while its term lasts, and begins no term while such a write is under way', async () => {
    const { candidate, terms } = stand('fenced');
    await eventually(() => candidate.isLeading());
    const writer = await pool.connect();
    await writer.query('BEGIN');
    await assertTerm(writer, 'fenced', 1n);
    await disconnect('fenced');
    await eventually(async () => {
      const { rows } = await pool.query(
        "SELECT FROM pg_stat_activity WHERE application_name = 'orrery leader fenced' AND wait_event_type = 'Lock'",
      );
      return rows.length > 0;
    });
    expect(terms).toHaveLength(1);
    await writer.query('COMMIT');
    writer.release();
    await eventually(() => terms.length === 2);
    await expect(assertTerm(pool, 'fenced', 1n)).rejects.toThrow(TermOver);
    await expect(assertTerm(pool, 'fenced', 2n)).resolves.toBeUndefined();
  });
});
