import { type Request, requestOf } from '@orrery/execution/scheduling';
import { gpuMilliOfChoice, type Job, type Stay } from '../course/course.ts';
import { orgOf } from '../course/org.ts';
import { Turns } from '../course/turns.ts';
import type { RunEvent } from './events.ts';

type Submitted = Extract<RunEvent, { readonly type: 'RunSubmitted' }>['data'];

/** A workload as it was recorded: a run, or the runs of a gang together. */
interface Recorded {
  readonly job: Request;
  readonly stay: Stay;
  /** Since when it holds machines, and how much of their GPUs; null: it holds none. */
  holding: { readonly since: number; readonly milli: number } | null;
  /** What it is to make room for has been told to it. */
  isPreempted: boolean;
}

/** Something that was held from a moment on, or no longer. */
export interface Step {
  readonly at: number;
  readonly queue: string;
  readonly milli: number;
  readonly waiting: number;
}

/** What recorded events say of runs. A gang is told of by its members; it begins with the first fact of any and ends with it. */
export class RunHistory {
  /** In the order of their submission. */
  private readonly all: Recorded[] = [];
  readonly steps: Step[] = [];
  private readonly ofRun = new Map<string, Recorded>();
  private readonly turns: Turns;

  constructor(ageingMs: number) {
    this.turns = new Turns(ageingMs);
  }

  get stays(): readonly Stay[] {
    return this.all.map(({ stay }) => stay);
  }

  tell(event: RunEvent): void {
    if (event.type === 'RunSubmitted') {
      this.submit(event.data);
      return;
    }
    const recorded = this.ofRun.get(event.data.runId);
    if (!recorded || recorded.stay.endedAt !== null) return;
    switch (event.type) {
      case 'RunPlaced':
        this.place(recorded, event.data.choice, Date.parse(event.data.at));
        break;
      case 'RunStarted':
        break;
      case 'RunPreempted':
        recorded.isPreempted = true;
        break;
      case 'RunAttemptLost':
        this.leave(recorded, Date.parse(event.data.at), 1);
        break;
      default:
        this.end(recorded, Date.parse(event.data.endedAt));
    }
  }

  /** The record ends: whoever holds something has held it until now. */
  close(at: number): void {
    for (const { stay, holding } of this.all) if (holding) stay.heldGpuMs += holding.milli * (at - holding.since);
  }

  /** What there was to do. What had not ended when the record did runs on to then, or takes its limit where it never began. */
  jobs(recordEnd: number): readonly Job[] {
    return this.all.map(({ job, stay, holding }) => {
      if (stay.ranMs !== null) return { ...job, runMs: stay.ranMs, calledOffAt: null };
      if (holding) return { ...job, runMs: recordEnd - holding.since, calledOffAt: null };
      return { ...job, runMs: stay.endedAt === null ? job.limitMs : null, calledOffAt: stay.endedAt };
    });
  }

  private submit(submitted: Submitted): void {
    const job = requestOf(submitted);
    const known = this.ofRun.get(job.id);
    if (known) {
      this.ofRun.set(submitted.runId, known);
      return;
    }
    const { id, queue, submittedAt } = job;
    const about = { startedAt: null, endedAt: null, ranMs: null, preemptions: 0, passed: null, heldGpuMs: 0, lostGpuMs: 0 };
    const recorded = { job, stay: { id, org: orgOf(queue), submittedAt, ...about }, holding: null, isPreempted: false };
    this.all.push(recorded);
    this.ofRun.set(submitted.runId, recorded);
    this.ofRun.set(id, recorded);
    this.turns.wait(job);
    this.steps.push({ at: submittedAt, queue, milli: 0, waiting: 1 });
  }

  private place(recorded: Recorded, choice: number, at: number): void {
    if (recorded.holding) return;
    const { job, stay } = recorded;
    const milli = gpuMilliOfChoice(job, choice);
    recorded.holding = { since: at, milli };
    recorded.isPreempted = false;
    if (stay.startedAt === null) stay.passed = this.turns.earlierThan(job);
    this.turns.leave(job.id);
    stay.startedAt ??= at;
    this.steps.push({ at, queue: job.queue, milli, waiting: -1 });
  }

  /** It holds nothing any more; `waiting`: 1 where it waits again. Answers how long it had held what it held. */
  private leave(recorded: Recorded, at: number, waiting: 0 | 1): number | null {
    const { job, stay, holding, isPreempted } = recorded;
    if (!holding) return null;
    const held = holding.milli * (at - holding.since);
    stay.heldGpuMs += held;
    if (waiting === 1) {
      stay.lostGpuMs += held;
      stay.preemptions += Number(isPreempted);
      this.turns.wait(job);
    }
    recorded.holding = null;
    this.steps.push({ at, queue: job.queue, milli: -holding.milli, waiting });
    return at - holding.since;
  }

  private end(recorded: Recorded, at: number): void {
    const { job, stay, holding } = recorded;
    if (!holding) this.steps.push({ at, queue: job.queue, milli: 0, waiting: -1 });
    this.turns.leave(job.id);
    stay.ranMs = this.leave(recorded, at, 0);
    stay.endedAt = at;
  }
}
