import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { execution } from '@orrery/contracts';
import fc from 'fast-check';
import { keyOf } from '../src/domain/reconcile.ts';
import { AttemptLog } from '../src/journal/attempt-log.ts';
import { type Entry, lineOf, readLines } from '../src/journal/line.ts';
import { specOf } from './fixtures/platform.ts';

jest.setTimeout(30_000);

const at = '2026-01-01T00:00:00.000Z';
const ending = { at, ranMs: 5, exitCode: 0, reason: 'exited', message: null, lastSeq: 0 } as const;
const unexpected = (error: unknown): never => {
  throw error;
};

describe('The journal of an agent', () => {
  let directory: string;
  let path: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'orrery-journal-'));
    path = join(directory, 'journal');
  });
  afterEach(async () => {
    for (const log of opened.splice(0)) await log.close().catch(() => undefined);
    rmSync(directory, { recursive: true });
  });

  const opened: AttemptLog[] = [];
  const open = async (compactBytes?: number, nowMs = () => Date.parse(at)): Promise<AttemptLog> => {
    const log = await AttemptLog.open({ path, nowMs, onBroken: unexpected, ...(compactBytes === undefined ? {} : { compactBytes }) });
    opened.push(log);
    return log;
  };

  const accept = (log: AttemptLog, spec: execution.AttemptSpec): Promise<void> =>
    log.decide(keyOf(spec), { type: 'Accept', spec, slot: 0, uptimeMs: 1, bootId: 'b' }).durable;

  const live = async (log: AttemptLog, spec: execution.AttemptSpec): Promise<void> => {
    await accept(log, spec);
    log.decide(keyOf(spec), { type: 'Begin', at, uptimeMs: 2, bootId: 'b' });
    log.decide(keyOf(spec), { type: 'Finish', ...ending });
    log.decide(keyOf(spec), { type: 'Answer', kind: 'started' });
    log.decide(keyOf(spec), { type: 'Answer', kind: 'ended' });
    await log.decide(keyOf(spec), { type: 'Forget', at }).durable;
  };

  it('gives back after a start what it held before', async () => {
    const log = await open();
    const [one, two] = [specOf({ code: 'a' }), specOf({ code: 'b' })];
    await accept(log, one);
    await live(log, two);
    await log.close();
    const again = await open();
    expect(again.states).toEqual(log.states);
    expect(again.state(keyOf(one))).toMatchObject({ status: 'Accepted' });
    expect(again.state(keyOf(two))).toMatchObject({ status: 'Forgotten' });
    await again.close();
  });

  it('lies on the disk before anything is acknowledged', async () => {
    const log = await open();
    const spec = specOf({ code: 'a' });
    await accept(log, spec);
    expect(readLines(readFileSync(path)).entries).toHaveLength(1);
    await log.close();
  });

  it('drops a torn last line, and goes on behind what is sound', async () => {
    const log = await open();
    const [one, two] = [specOf({ code: 'a' }), specOf({ code: 'b' })];
    await accept(log, one);
    await log.close();
    const size = statSync(path).size;
    appendFileSync(path, lineOf({ key: 'x', event: { type: 'AttemptDisowned', data: {} } }).slice(0, -3));
    const again = await open();
    await accept(again, two);
    await again.close();
    expect(readFileSync(path, 'utf8').slice(0, size)).not.toContain('AttemptDisowned');
    expect([...(await open()).states.keys()]).toEqual([keyOf(one), keyOf(two)]);
  });

  it('is sound wherever a crash cuts it off', async () => {
    const log = await open();
    const specs = [specOf({ code: 'a' }), specOf({ code: 'b' }), specOf({ code: 'é'.repeat(50) })];
    for (const spec of specs) await live(log, spec);
    await log.close();
    const whole = readFileSync(path);
    const { entries } = readLines(whole);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length }), (length) => {
        const reading = readLines(whole.subarray(0, length));
        expect(reading.damaged).toBe(0);
        expect(reading.soundBytes).toBeLessThanOrEqual(length);
        expect(reading.entries).toEqual(entries.slice(0, reading.entries.length));
      }),
    );
  });

  it('tells damage in its middle from a crash, and keeps what can be read', async () => {
    const log = await open();
    const specs = [specOf({ code: 'a' }), specOf({ code: 'b' }), specOf({ code: 'c' })];
    for (const spec of specs) await accept(log, spec);
    await log.close();
    const bytes = readFileSync(path);
    const second = bytes.indexOf(0x0a) + 20;
    bytes[second] = (bytes[second] ?? 0) ^ 1;
    const reading = readLines(bytes);
    expect(reading).toMatchObject({ damaged: 1, soundBytes: bytes.length });
    expect(reading.entries.map(({ key }) => key)).toEqual([specs[0], specs[2]].map((spec) => keyOf(spec as execution.AttemptSpec)));
  });

  it('writes what comes together together, in the order it came', async () => {
    const log = await open();
    const specs = Array.from({ length: 200 }, (_, index) => specOf({ code: String(index) }));
    await Promise.all(specs.map((spec) => accept(log, spec)));
    await log.close();
    expect(readLines(readFileSync(path)).entries.map(({ key }) => key)).toEqual(specs.map(keyOf));
  });

  it('shrinks to what is held and what must not be started again', async () => {
    const log = await open(20_000);
    const held = specOf({ code: 'x'.repeat(3_000) });
    const running = specOf({ code: 'y'.repeat(3_000), env: { PASSWORD: 'z' } });
    await accept(log, held);
    await accept(log, running);
    await log.decide(keyOf(running), { type: 'Begin', at, uptimeMs: 2, bootId: 'b' }).durable;
    const past = Array.from({ length: 40 }, () => specOf({ code: 'w'.repeat(1_000) }));
    for (const spec of past) await live(log, spec);
    await log.close();
    expect(statSync(path).size).toBeLessThan(30_000);
    expect(readFileSync(path, 'utf8')).not.toContain('PASSWORD');
    const again = await open();
    expect(again.state(keyOf(held))).toEqual(log.state(keyOf(held)));
    expect(again.state(keyOf(running))).toEqual(log.state(keyOf(running)));
    for (const spec of past) expect(again.state(keyOf(spec))).toMatchObject({ status: 'Forgotten', epoch: 1 });
    await again.close();
  });

  it('forgets at last also what was forgotten', async () => {
    let now = Date.parse(at);
    const log = await open(2_000, () => now);
    const old = specOf({ code: 'a' });
    await live(log, old);
    now += 25 * 60 * 60 * 1_000;
    for (let count = 0; count < 10; count += 1) await live(log, specOf({ code: 'b' }));
    expect(log.state(keyOf(old))).toEqual({ status: 'Absent' });
    await log.close();
  });

  it('acknowledges nothing more once it cannot be written', async () => {
    const broken: unknown[] = [];
    const log = await AttemptLog.open({ path, nowMs: Date.now, onBroken: (error) => broken.push(error) });
    await log.close();
    await expect(accept(log, specOf({ code: 'a' }))).rejects.toThrow();
    await expect(accept(log, specOf({ code: 'b' }))).rejects.toThrow();
    expect(broken).toHaveLength(1);
  });

  it('is empty after being cut to nothing', async () => {
    const log = await open();
    await accept(log, specOf({ code: 'a' }));
    await log.close();
    truncateSync(path, 0);
    expect((await open()).states.size).toBe(0);
    const none: Entry[] = [];
    expect(readLines(Buffer.alloc(0)).entries).toEqual(none);
  });
});
