import { type catalog, execution, formatNanos, instantOf, OrgId } from '@orrery/contracts';
import { preemptionInWords } from '../src/domain/run/in-words.ts';
import type { RunCommand } from '../src/domain/run/run-commands.ts';
import { endInWords } from '../src/domain/run/run-end.ts';
import type { DataOf, RunEvent } from '../src/domain/run/run-facts.ts';

/** A moment, in seconds from the beginning of the story. */
export const at = (seconds: number): string => instantOf(Date.UTC(2026, 0, 1) + seconds * 1_000);
export const ms = (seconds: number): number => Date.UTC(2026, 0, 1) + seconds * 1_000;

const uuid = (kind: number, n: number): string => `0190000${kind}-0000-7000-8000-${String(n).padStart(12, '0')}`;
export const runId = (n = 1): execution.RunId => execution.RunId.parse(uuid(1, n));
export const workerId = (n = 1): execution.WorkerId => execution.WorkerId.parse(uuid(2, n));
export const orgId = (n = 1): OrgId => OrgId.parse(uuid(3, n));
export const tokenId = (n = 1): string => uuid(4, n);

export const price: catalog.PinnedPrice = { version: 1, currency: 'EUR', nanosPerSecond: formatNanos(1_000n) };
export const resources: catalog.Resources = { cpuMilli: 1_000, memoryMib: 1_024, gpus: 0 };
export const noWishes: execution.PlaceWishes = { labels: null, group: null, near: null, apart: null, pool: null, workerId: null };
/** What a run asks for that asks for nothing in particular. */
export const request = (change: Partial<execution.RunRequest> = {}): execution.RunRequest => ({
  choices: [{ machineType: 'cpu', resources, price }],
  gang: null,
  wishes: noWishes,
  priority: { class: 'normal', rank: 0 },
  isPreemptible: false,
  deadlineAt: null,
  project: null,
  ...change,
});
const reasons = { policy: 'best-fit', candidates: 1, score: 0 };

export const submit: Extract<RunCommand, { type: 'Submit' }> = {
  type: 'Submit',
  runId: runId(),
  orgId: orgId(),
  offers: [{ machineType: 'cpu', resources, price }],
  order: 'preference',
  hasCredit: true,
  isClosed: false,
  gang: null,
  maxNodes: 8,
  wishes: noWishes,
  isWorkerKnown: true,
  priority: { class: 'normal', rank: 0, isAllowed: true },
  isPreemptible: false,
  deadlineAt: null,
  project: null,
  weights: [],
  program: { fileName: 'main.py', hash: 'a'.repeat(64), bytes: 100, maxBytes: 1_000 },
  timeoutSeconds: 60,
  submittedBy: 'user:ada',
  at: at(0),
};

export const submitted = (data: Partial<DataOf<'RunSubmitted'>> = {}): Extract<RunEvent, { type: 'RunSubmitted' }> => ({
  type: 'RunSubmitted',
  data: {
    runId: runId(),
    orgId: orgId(),
    machineType: 'cpu',
    resources,
    price,
    request: request({ choices: [{ machineType: 'cpu', resources: data.resources ?? resources, price }] }),
    fileName: 'main.py',
    programHash: 'a'.repeat(64),
    programBytes: 100,
    timeoutSeconds: 60,
    submittedBy: 'user:ada',
    at: at(0),
    ...data,
  },
});

export const keptWaiting = (data: Partial<DataOf<'RunKeptWaiting'>> = {}): RunEvent => ({
  type: 'RunKeptWaiting',
  data: {
    runId: runId(),
    reason: 'no-machine',
    message:
      'No machine that there is could take it, even with nothing else on it. It asks for cpu: explain says what keeps it, and what would help.',
    at: at(3),
    ...data,
  },
});

export const placed = (data: Partial<DataOf<'RunPlaced'>> = {}): RunEvent => ({
  type: 'RunPlaced',
  data: {
    runId: runId(),
    attempt: 1,
    epoch: 1,
    workerId: workerId(),
    gpuIndexes: [],
    mig: null,
    choice: 0,
    machineType: 'cpu',
    resources,
    price,
    isBorrowed: false,
    leaseExpiresAt: at(61),
    reasons,
    at: at(1),
    ...data,
  },
});

export const started = (data: Partial<DataOf<'RunStarted'>> = {}): RunEvent => ({
  type: 'RunStarted',
  data: {
    runId: runId(),
    attempt: 1,
    epoch: 1,
    workerId: workerId(),
    machineType: 'cpu',
    price,
    timeoutSeconds: 60,
    startedAt: at(2),
    ...data,
  },
});

export const preempted = (data: Partial<DataOf<'RunPreempted'>> = {}): RunEvent => ({
  type: 'RunPreempted',
  data: {
    runId: runId(),
    attempt: 1,
    epoch: 1,
    workerId: workerId(),
    by: runId(2),
    reason: 'reclaim',
    message: preemptionInWords(data.reason ?? 'reclaim'),
    at: at(4),
    ...data,
  },
});

export const endRequested = (data: Partial<DataOf<'RunEndRequested'>> = {}): RunEvent => ({
  type: 'RunEndRequested',
  data: { runId: runId(), mode: 'stop', by: 'user:ada', reason: 'stopped', message: null, at: at(5), ...data },
});

export const attemptLost = (data: Partial<DataOf<'RunAttemptLost'>> = {}): RunEvent => ({
  type: 'RunAttemptLost',
  data: { runId: runId(), attempt: 1, epoch: 1, workerId: workerId(), reason: 'lease-lost', message: null, at: at(62), ...data },
});

type EndType = (typeof execution.runEndTypes)[number];
export const ended = (type: EndType, data: Partial<DataOf<'RunCompleted'>> = {}): RunEvent => {
  const { reason = 'exited', exitCode = 0 } = data;
  const end = {
    runId: runId(),
    attempt: 1,
    machineType: 'cpu',
    price,
    startedAt: at(2),
    endedAt: at(10),
    ranMs: 8_000,
    exitCode,
    reason,
    message: type === 'RunCompleted' ? null : endInWords(reason, exitCode),
    lastSeq: 3,
  };
  return { type, data: { ...end, ...data } };
};

export const place: Extract<RunCommand, { type: 'Place' }> = {
  type: 'Place',
  workerId: workerId(),
  gpuIndexes: [],
  mig: null,
  choice: 0,
  isBorrowed: false,
  reasons,
  leaseMs: 60_000,
  at: at(1),
};

const ref = { runId: runId(), attempt: 1, epoch: 1 };
const told = { ...ref, workerId: workerId() };
export const reportStarted: Extract<RunCommand, { type: 'ReportStarted' }> = {
  type: 'ReportStarted',
  ...told,
  at: at(2),
  receivedAt: at(3),
};
export const reportEnded: Extract<RunCommand, { type: 'ReportEnded' }> = {
  type: 'ReportEnded',
  ...told,
  at: at(10),
  receivedAt: at(11),
  ranMs: 8_000,
  exitCode: 0,
  reason: 'exited',
  message: null,
  lastSeq: 3,
};
export const reportRefused: Extract<RunCommand, { type: 'ReportRefused' }> = {
  type: 'ReportRefused',
  ...told,
  at: at(2),
  receivedAt: at(3),
  message: 'no room',
  isRetryable: true,
};
export const lose: Extract<RunCommand, { type: 'LoseAttempt' }> = {
  type: 'LoseAttempt',
  ...ref,
  reason: 'lease-lost',
  message: null,
  at: at(62),
};

export const facts = (change: Partial<execution.WorkerFacts> = {}): execution.WorkerFacts => ({
  hostname: 'machine',
  agentVersion: '0.1.0',
  os: 'Debian 12',
  cpuMilli: 4_000,
  memoryMib: 8_192,
  gpus: [],
  runtimes: ['process'],
  sandboxed: true,
  ...change,
});

export const gpus = (count: number, model = 'a100'): execution.WorkerFacts['gpus'] =>
  Array.from({ length: count }, (_, index) => ({ index, uuid: `GPU-${index}`, model, memoryMib: 81_920 }));
