import type { QuotaNode } from '../src/domain/scheduling/admission/quota-node.ts';
import { Scene } from '../src/domain/scheduling/explain/scene.ts';
import { type Away, Sight } from '../src/domain/scheduling/explain/sight.ts';
import type { Need } from '../src/domain/scheduling/placement/need.ts';
import type { MachineSize } from '../src/domain/scheduling/placement/place.ts';
import type { Request } from '../src/domain/scheduling/request.ts';
import type { Promised, Reserved, Wait, WaitReason } from '../src/domain/scheduling/scheduler/facts.ts';
import { Scheduler } from '../src/domain/scheduling/scheduler/scheduler.ts';
import { defaultSettings } from '../src/domain/scheduling/scheduler/settings.ts';

export const hour = 3_600_000;
export const sceneNow = 1_800_000_000_000;

export const needOf = (more: Partial<Need> = {}): Need => ({
  cpuMilli: 4_000,
  memoryMib: 16_384,
  gpus: 1,
  gpuMilli: 1_000,
  models: ['a100'],
  ...more,
});

export const machineOf = (id: string, more: Partial<MachineSize> = {}): MachineSize => ({
  id,
  cpuMilli: 64_000,
  memoryMib: 262_144,
  gpuModels: Array<string>(8).fill('a100'),
  ...more,
});

export const quotaOf = (id: string, more: Partial<QuotaNode> = {}): QuotaNode => ({
  id,
  parent: null,
  weight: 1,
  guaranteed: {},
  limit: {},
  ...more,
});

interface Wish extends Partial<Omit<Request, 'ask'>> {
  readonly need?: Partial<Need>;
  readonly nodes?: number;
  readonly choices?: readonly Need[];
}

interface Told {
  readonly reason?: WaitReason;
  readonly reserved?: Reserved;
}

/** A cluster, told step by step; the scheduler itself keeps the books. */
export class SceneBuilder {
  private readonly scheduler = new Scheduler(defaultSettings, () => 0.5);
  private readonly waiting: Wait[] = [];
  private readonly away = new Map<string, Away>();
  private readonly nodes: QuotaNode[] = [];

  machine(id: string, more: Partial<MachineSize> = {}, { away, closedGpus = [] }: { away?: Away; closedGpus?: number[] } = {}): this {
    this.scheduler.addMachine(machineOf(id, more));
    if (closedGpus.length > 0) this.scheduler.closeGpus(id, closedGpus);
    if (!away) return this;
    this.away.set(id, away);
    this.scheduler.openMachine(id, false);
    return this;
  }

  quota(id: string, more: Partial<QuotaNode> = {}): this {
    this.nodes.push(quotaOf(id, more));
    this.scheduler.setQuotas(this.nodes, 0);
    return this;
  }

  waits(id: string, wish: Wish = {}, { reason = 'all-busy', reserved }: Told = {}): this {
    this.waiting.push({ request: id, queue: wish.queue ?? 'org', reason, position: this.waiting.length + 1 });
    this.scheduler.submit(requestFor(id, wish));
    if (reserved) this.scheduler.reserved(id, reserved);
    return this;
  }

  runs(id: string, seats: Readonly<Record<string, readonly number[]>>, wish: Wish & { at?: number; isBorrowed?: boolean } = {}): this {
    const { at = sceneNow - hour, isBorrowed = false, ...rest } = wish;
    const places = Object.entries(seats).map(([machine, gpus]) => ({ machine, gpus }));
    const gpus = places[0]?.gpus.length ?? 0;
    this.scheduler.submit(requestFor(id, { ...rest, nodes: places.length, need: { gpus, ...rest.need } }));
    this.scheduler.placed(id, { choice: 0, seats: places, at, isBorrowed });
    return this;
  }

  promises(...promised: readonly Promised[]): this {
    this.scheduler.setPromises(promised);
    return this;
  }

  /** So often it has given its place back. */
  preempted(id: string, times: number): this {
    const returned = { at: sceneNow, notBefore: sceneNow, failedOn: null, isPreempted: true };
    for (let time = 0; time < times; time += 1) this.scheduler.returned(id, returned);
    return this;
  }

  /** A moment ago. */
  failed(id: string): this {
    this.scheduler.returned(id, { at: sceneNow, notBefore: sceneNow + 1_000, failedOn: 'm', isPreempted: false });
    return this;
  }

  ends(id: string): this {
    this.scheduler.ended(id, sceneNow);
    return this;
  }

  makesWay(id: string): this {
    this.scheduler.preempting(id, sceneNow);
    return this;
  }

  /** As the scheduler itself sees it: who waits, in which order, and why. */
  decided(): Scene {
    const { scheduler, away } = this;
    return new Scene({ snapshot: scheduler.snapshot(), waits: scheduler.waits(sceneNow), settings: defaultSettings, away, now: sceneNow });
  }

  /** Decides once, so that it is known why each waits. */
  looked(): this {
    this.scheduler.decide(sceneNow, Number.POSITIVE_INFINITY);
    return this;
  }

  /** What the scheduler itself knows, and no copy. */
  glance(now = sceneNow, waits: readonly Wait[] = []): Sight {
    return new Sight(this.scheduler.known(waits), { settings: defaultSettings, away: this.away, now });
  }

  order(now = sceneNow): Generator<void, readonly Wait[]> {
    return this.scheduler.order(now);
  }

  suppose(request: Request, now = sceneNow): number | WaitReason {
    return this.scheduler.suppose(request, now);
  }

  build(): Scene {
    const { waiting, away } = this;
    return new Scene({ snapshot: this.scheduler.snapshot(), waits: waiting, settings: defaultSettings, away, now: sceneNow });
  }
}

const requestFor = (id: string, { need, nodes = 1, choices, ...more }: Wish): Request => ({
  id,
  queue: 'org',
  ask: { nodes, choices: choices ?? [needOf(need)] },
  rank: 0,
  isPreemptible: false,
  limitMs: 2 * hour,
  deadlineAt: null,
  submittedAt: sceneNow - 600_000,
  ...more,
});
