import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulate } from '../command.ts';
import type { CourseReport } from '../course/report.ts';

const start = Date.parse('2026-03-01T00:00:00Z');
const at = (minutes: number): string => new Date(start + 60_000 * minutes).toISOString();
const uuid = (number: number): string => `0190f3a2-7c4e-7d10-9a8b-${String(number).padStart(12, '0')}`;
const [org, worker] = [uuid(900), uuid(1)];

const event = (type: string, data: object, id?: string) =>
  JSON.stringify({ type: `orrery.execution.${type}.v1`, data, ...(id ? { id } : {}) });

const joined = event('WorkerJoined', {
  workerId: worker,
  tokenId: uuid(2),
  name: 'one',
  at: at(0),
  facts: {
    hostname: 'one',
    agentVersion: '1',
    os: 'linux',
    cpuMilli: 8_000,
    memoryMib: 8_192,
    gpus: [{ index: 0, uuid: 'GPU-0', model: 'a100', memoryMib: 81_920 }],
    runtimes: ['process'],
    sandboxed: true,
  },
});

const price = { version: 1, currency: 'EUR', nanosPerSecond: '1000' };
const choice = { machineType: 'gpu', resources: { cpuMilli: 1_000, memoryMib: 1_024, gpus: 1 }, price };
const wishes = { labels: null, group: null, near: null, apart: null, pool: null, workerId: null };

const submitted = (run: number, minute: number, gang: object | null = null) =>
  event('RunSubmitted', {
    runId: uuid(run),
    orgId: org,
    ...choice,
    request: {
      choices: [choice],
      gang,
      wishes,
      priority: { class: 'normal', rank: 0 },
      isPreemptible: false,
      deadlineAt: null,
      project: null,
    },
    fileName: null,
    programHash: 'a'.repeat(64),
    programBytes: 1,
    timeoutSeconds: 3_600,
    submittedBy: 'x',
    at: at(minute),
  });

const attempt = (run: number) => ({ runId: uuid(run), attempt: 1, epoch: 1, workerId: worker });
const placed = (run: number, minute: number) =>
  event('RunPlaced', {
    ...attempt(run),
    ...choice,
    gpuIndexes: [0],
    mig: null,
    choice: 0,
    isBorrowed: false,
    leaseExpiresAt: at(minute + 1),
    reasons: { policy: 'fgd', candidates: 1, score: 0 },
    at: at(minute),
  });
const lost = (run: number, minute: number) =>
  event('RunAttemptLost', { ...attempt(run), reason: 'preempted', message: null, at: at(minute) });
const preempted = (run: number, minute: number) =>
  event('RunPreempted', { ...attempt(run), by: null, reason: 'reclaim', message: '', at: at(minute) });
const ended = (run: number, minute: number, type = 'RunCompleted') =>
  event(type, {
    runId: uuid(run),
    attempt: 1,
    machineType: 'gpu',
    price,
    startedAt: null,
    endedAt: at(minute),
    ranMs: 0,
    exitCode: 0,
    reason: 'exited',
    message: null,
    lastSeq: 0,
  });

describe('Recorded events', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'history-'));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  const file = (lines: readonly string[]): string => {
    const name = join(dir, 'events.ndjson');
    writeFileSync(name, `${lines.join('\n')}\n`);
    return name;
  };
  const replay = (lines: readonly string[], ...more: readonly string[]): readonly CourseReport[] =>
    JSON.parse(simulate(['--history', file(lines), '--json', ...more])).courses;

  it('are told as they were, and replayed: what waited though there was room starts at once', () => {
    const [recorded, again] = replay([
      joined,
      submitted(10, 0),
      placed(10, 3),
      submitted(11, 4),
      ended(10, 13),
      placed(11, 15),
      ended(11, 25),
    ]);
    expect(recorded).toMatchObject({ name: 'as recorded', seconds: 1_500, all: { requests: 2, waitSeconds: { max: 660 } }, work: null });
    expect(recorded?.utilisation.meanPercent).toBeCloseTo(80, 6);
    // Both ran for ten minutes. The first starts when it comes, the second, four minutes later, when that one has ended.
    expect(again).toMatchObject({ name: 'fgd', all: { requests: 2, neverStarted: 0, waitSeconds: { max: 360 } } });
    expect(again?.seconds).toBe(1_200);
  });

  it('are replayed with the rights and rules that were set, or with those of a file', () => {
    const said = { by: 'ada', at: at(0) };
    const limitMilli = { a100: 0 };
    const quota = { node: org, parent: null, weight: 1, guaranteedMilli: {}, limitMilli, highestClass: null };
    const rules = {
      ageingMs: 60_000,
      overdueMs: 60_000,
      urgentMs: 0,
      halfLifeMs: 60_000,
      graceMs: 0,
      minRunMs: 0,
      maxPreemptions: 1,
      reservations: 0,
    };
    const rights = [
      event('QuotaSet', { ...quota, ...said }),
      event('IslandsPromised', { orgId: org, model: 'a100', size: 1, count: 1, ...said }),
      event('SchedulerRulesSet', { policy: 'pack', ...rules, ...said }),
    ];
    const lines = [joined, ...rights, submitted(10, 0), placed(10, 3), ended(10, 13)];
    expect(replay(lines)[1]?.all.neverStarted).toBe(1);
    const quotas = join(dir, 'quotas.json');
    writeFileSync(quotas, JSON.stringify({ items: [{ ...quota, limitMilli: { a100: 1_000 }, setAt: at(0) }] }));
    expect(replay(lines, '--quotas', quotas)[1]?.all.neverStarted).toBe(0);
    const removed = event('QuotaRemoved', { node: org, by: 'ada', at: at(5) });
    expect(replay([...lines, removed])[1]?.all).toMatchObject({ neverStarted: 0, waitSeconds: { max: 300 } });
  });

  it('tell of preemptions and of work that was for nothing', () => {
    const [recorded] = replay([joined, submitted(10, 0), placed(10, 0), preempted(10, 30), lost(10, 30), placed(10, 40), ended(10, 50)]);
    expect(recorded?.preemptions).toEqual({ count: 1, requests: 1, mostOfOne: 1, lostGpuHours: 0.5 });
  });

  describe('of a machine that was drained', () => {
    const second = event('WorkerJoined', { ...JSON.parse(joined).data, workerId: uuid(3), name: 'two', at: at(6) });
    const preemptible = (run: number, minute: number): string => {
      const { data } = JSON.parse(submitted(run, minute));
      return event('RunSubmitted', { ...data, request: { ...data.request, isPreemptible: true } });
    };
    const drained = (minute: number, endsAt: string | null) =>
      event('WorkerDrainRequested', { workerId: worker, by: 'ada', endsAt, at: at(minute) });
    const movedOff = [
      preempted(10, 20),
      lost(10, 20),
      event('RunPlaced', { ...JSON.parse(placed(10, 20)).data, workerId: uuid(3) }),
      ended(10, 60),
    ];
    const movesOf = (lines: readonly string[]) => replay(lines).map(({ preemptions }) => preemptions.count);

    it('are replayed with those who were moved when its time was over', () => {
      expect(movesOf([joined, submitted(10, 0), placed(10, 0), second, drained(10, at(20)), ...movedOff])).toEqual([1, 1]);
    });

    it('are replayed with the preemptible who were moved at once, and with nobody where the others may run out', () => {
      expect(movesOf([joined, preemptible(10, 0), placed(10, 0), second, drained(20, null), ...movedOff])).toEqual([1, 1]);
      expect(movesOf([joined, submitted(10, 0), placed(10, 0), second, drained(10, null), ended(10, 40)])).toEqual([0, 0]);
    });

    it('are replayed with nobody moved where it was called off before', () => {
      const uncordoned = event('WorkerUncordoned', { workerId: worker, by: 'ada', at: at(15) });
      expect(movesOf([joined, submitted(10, 0), placed(10, 0), second, drained(10, at(20)), uncordoned, ended(10, 40)])).toEqual([0, 0]);
    });
  });

  it('count a gang once, with all that its members hold', () => {
    const gang = (rank: number) => ({ id: uuid(10), size: 2, rank });
    const [recorded] = replay([
      joined,
      submitted(10, 0, gang(0)),
      submitted(11, 0, gang(1)),
      placed(10, 1),
      placed(11, 1),
      ended(10, 31),
      ended(11, 31),
    ]);
    expect(recorded?.all).toMatchObject({ requests: 1, gpuHours: 1, waitSeconds: { max: 60 } });
  });

  it('are left out where they lie outside the time that was asked for', () => {
    const lines = [
      joined,
      submitted(10, 0),
      placed(10, 0),
      ended(10, 10),
      submitted(11, 20),
      placed(11, 21),
      ended(11, 30),
      submitted(12, 40),
    ];
    const [recorded] = replay(lines, '--from', at(15), '--to', at(35));
    expect(recorded).toMatchObject({ seconds: 600, all: { requests: 1, waitSeconds: { max: 60 } } });
    expect(() => replay(lines, '--from', at(50), '--to', at(45))).toThrow('is not before --to');
    expect(() => replay(lines, '--from', '2026-12-22')).toThrow(
      `--from 2026-12-22T00:00:00.000Z: what is recorded ends at ${at(40)}; choose an earlier --from`,
    );
    expect(() => replay(lines, '--to', '2026-02-01')).toThrow('no run was submitted in that time');
    expect(() => replay(lines, '--from', 'monday')).toThrow('--from monday: expected a time like 2026-01-31T00:00:00Z');
  });

  it('count once though an export repeats them, among others that tell of something else', () => {
    const once = event('RunSubmitted', JSON.parse(submitted(10, 0)).data, 'the-same');
    const other = event('VariablesSet', { anything: true });
    const [recorded] = replay([joined, once, other, once, '', placed(10, 1), ended(10, 2)]);
    expect(recorded?.all.requests).toBe(1);
  });

  it('are drawn side by side', () => {
    const chart = join(dir, 'chart.svg');
    replay([joined, submitted(10, 0), placed(10, 1), ended(10, 2)], '--chart', chart, '--policy', 'best-fit,spread');
    for (const name of ['as recorded', 'best-fit', 'spread']) expect(readFileSync(chart, 'utf8')).toContain(`>${name}</text>`);
  });

  it('are refused with the line that is broken, and how to mend it', () => {
    const mend = 'export the log again with `npm run start -- events export execution`';
    for (const [lines, says] of [
      [[joined, '{'], /line 2: .*JSON.*; export the log again/],
      [[joined, '{"data":{}}'], `line 2: it has no type; ${mend}`],
      [[joined, event('RunPlaced', { runId: 'x' })], 'line 2: RunPlaced, field runId: '],
      [['{"type":"Other","data":{}}'], `nothing in it tells of runs or machines; ${mend}`],
      [[joined], 'no run was submitted in that time'],
    ] as const) {
      expect(() => replay(lines)).toThrow(says);
    }
    expect(() => simulate(['--history', join(dir, 'absent')])).toThrow(`--history ${join(dir, 'absent')} cannot be read: ENOENT`);
  });
});
