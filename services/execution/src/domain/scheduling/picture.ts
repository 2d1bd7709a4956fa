import { type catalog, epochOf, type execution } from '@orrery/contracts';
import { retryDelayMs } from '../run/retry-policy.ts';
import type { DataOf } from '../run/run-facts.ts';
import type { EngineFact } from './engine.ts';
import type { Wait } from './waiting.ts';

/** What of a machine is taken, and by whom. */
export interface Machine {
  readonly id: execution.WorkerId;
  facts: execution.WorkerFacts;
  isLost: boolean;
  isCordoned: boolean;
  usedCpuMilli: number;
  usedMemoryMib: number;
  /** GPU index → the run that holds it. */
  readonly heldGpus: Map<number, execution.RunId>;
}

export interface Held {
  readonly machine: Machine;
  readonly gpuIndexes: readonly number[];
}

export interface Request {
  readonly runId: execution.RunId;
  readonly resources: catalog.Resources;
  readonly submittedAt: number;
  /** Machines that failed it: others are tried first. */
  readonly failedOn: Set<execution.WorkerId>;
  notBefore: number;
  held: Held | null;
  /** What its owner was told of its waiting. */
  told: Wait['told'];
}

/**
 * The whole cluster as the facts so far tell it. Told in place, for it may hold a hundred thousand requests; nobody but its
 * engine sees it.
 */
export interface Picture {
  readonly machines: Map<execution.WorkerId, Machine>;
  readonly requests: Map<execution.RunId, Request>;
  /** Requests without a machine, by their time of submission. */
  readonly queue: Request[];
  /** Last step seen of each stream that still matters. */
  readonly versions: Map<string, number>;
}

export const emptyPicture = (): Picture => ({ machines: new Map(), requests: new Map(), queue: [], versions: new Map() });

const isBefore = (a: Request, b: Request): boolean =>
  a.submittedAt < b.submittedAt || (a.submittedAt === b.submittedAt && a.runId < b.runId);

/** First in, first out: a request that comes back takes its old place. */
const enqueue = ({ queue }: Picture, request: Request): void => {
  let low = 0;
  let high = queue.length;
  const last = queue.at(-1);
  if (last === undefined || isBefore(last, request)) low = high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = queue[middle];
    if (other && isBefore(other, request)) low = middle + 1;
    else high = middle;
  }
  queue.splice(low, 0, request);
};

const dequeue = ({ queue }: Picture, request: Request): void => {
  const index = queue.indexOf(request);
  if (index >= 0) queue.splice(index, 1);
};

const release = (request: Request): void => {
  if (!request.held) return;
  const { machine, gpuIndexes } = request.held;
  machine.usedCpuMilli -= request.resources.cpuMilli;
  machine.usedMemoryMib -= request.resources.memoryMib;
  for (const index of gpuIndexes) machine.heldGpus.delete(index);
  request.held = null;
};

const hold = (picture: Picture, request: Request, { workerId, gpuIndexes }: DataOf<'RunPlaced'>): void => {
  const machine = picture.machines.get(workerId);
  if (!machine) return;
  machine.usedCpuMilli += request.resources.cpuMilli;
  machine.usedMemoryMib += request.resources.memoryMib;
  for (const index of gpuIndexes) machine.heldGpus.set(index, request.runId);
  request.held = { machine, gpuIndexes };
};

type MachineEvent = Exclude<
  Extract<execution.ExecutionEvent, { type: `Worker${string}` }>,
  { type: 'WorkerJoined' | 'WorkerRemoved' | 'WorkerLabelled' }
>;

const evolveMachine = (machine: Machine, event: MachineEvent): void => {
  switch (event.type) {
    case 'WorkerRejoined':
    case 'WorkerFactsChanged':
      machine.facts = event.data.facts;
      return;
    case 'WorkerLost':
      machine.isLost = true;
      return;
    case 'WorkerReturned':
      machine.isLost = false;
      return;
    case 'WorkerCordoned':
    case 'WorkerDrainRequested':
      machine.isCordoned = true;
      return;
    case 'WorkerUncordoned':
      machine.isCordoned = false;
      return;
  }
};

const submitted = (picture: Picture, { runId, resources, at }: DataOf<'RunSubmitted'>): void => {
  const request: Request = { runId, resources, submittedAt: epochOf(at), failedOn: new Set(), notBefore: 0, held: null, told: null };
  picture.requests.set(runId, request);
  enqueue(picture, request);
};

const finished = (picture: Picture, request: Request, stream: string): void => {
  if (request.held) release(request);
  else dequeue(picture, request);
  picture.requests.delete(request.runId);
  picture.versions.delete(stream);
};

const lost = (picture: Picture, request: Request, { workerId, reason, attempt, at }: DataOf<'RunAttemptLost'>): void => {
  release(request);
  request.failedOn.add(workerId);
  request.notBefore = epochOf(at) + retryDelayMs(reason, attempt);
  enqueue(picture, request);
};

const joined = (picture: Picture, { workerId: id, facts }: DataOf<'WorkerJoined'>): void => {
  const idle = { isLost: false, isCordoned: false, usedCpuMilli: 0, usedMemoryMib: 0, heldGpus: new Map() };
  picture.machines.set(id, { id, facts, ...idle });
};

/** Whether this step is the next one of something that still matters; remembers it. */
const isNews = ({ versions }: Picture, { stream, version }: EngineFact): boolean => {
  if (version <= (versions.get(stream) ?? 0)) return false;
  versions.set(stream, version);
  return true;
};

type RequestEvent = Extract<
  execution.ExecutionEvent,
  { type: 'RunKeptWaiting' | 'RunPlaced' | 'RunAttemptLost' | (typeof execution.runEndTypes)[number] }
>;

const evolveRequest = (picture: Picture, request: Request, { event, stream }: EngineFact & { readonly event: RequestEvent }): void => {
  switch (event.type) {
    case 'RunKeptWaiting':
      request.told = { reason: event.data.reason, at: epochOf(event.data.at), times: (request.told?.times ?? 0) + 1 };
      return;
    case 'RunPlaced':
      dequeue(picture, request);
      hold(picture, request, event.data);
      request.told = null;
      return;
    case 'RunAttemptLost':
      lost(picture, request, event.data);
      return;
    case 'RunCompleted':
    case 'RunFailed':
    case 'RunSystemFailed':
    case 'RunCancelled':
    case 'RunAborted':
      finished(picture, request, stream);
      return;
  }
};

/** A fact that was told before changes nothing, and so does one of a run that has ended. */
export const evolve = (picture: Picture, fact: EngineFact): void => {
  const { event } = fact;
  switch (event.type) {
    case 'JoinTokenCreated':
    case 'VariableSet':
    case 'VariableRemoved':
    case 'EnvironmentClosed':
    case 'QuotaSet':
    case 'QuotaRemoved':
    case 'PriorityClassSet':
    case 'PriorityClassRemoved':
    case 'PoolSet':
    case 'PoolRemoved':
    case 'IslandsPromised':
    case 'SchedulerRulesSet':
    case 'WorkerLabelled':
    case 'RunStarted':
    case 'RunEndRequested':
    case 'RunPreempted':
    case 'ReservationMade':
      return;
    case 'RunSubmitted':
      if (isNews(picture, fact)) submitted(picture, event.data);
      return;
    case 'WorkerJoined':
      if (isNews(picture, fact)) joined(picture, event.data);
      return;
    // Whatever still holds a place there gives it back when its lease has ended.
    case 'WorkerRemoved':
      if (isNews(picture, fact)) picture.machines.delete(event.data.workerId);
      return;
    case 'WorkerRejoined':
    case 'WorkerFactsChanged':
    case 'WorkerLost':
    case 'WorkerReturned':
    case 'WorkerCordoned':
    case 'WorkerDrainRequested':
    case 'WorkerUncordoned': {
      const machine = picture.machines.get(event.data.workerId);
      if (machine && isNews(picture, fact)) evolveMachine(machine, event);
      return;
    }
    default: {
      const request = picture.requests.get(event.data.runId);
      if (request && isNews(picture, fact)) evolveRequest(picture, request, { ...fact, event });
    }
  }
};
