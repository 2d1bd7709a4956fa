import type { Need } from '../../src/domain/scheduling/placement/need.ts';
import type { Request } from '../../src/domain/scheduling/request.ts';
import { roundedLimit } from '../../src/domain/scheduling/scheduler/shape.ts';
import type { Machine } from './books.ts';
import type { Story } from './story.ts';

/** What a member could hold, whatever it holds now. */
interface Room {
  cpuMilli: number;
  memoryMib: number;
  readonly gpus: number[];
}

const roomOf = ({ books }: Story, { size, closed }: Machine): Room => {
  const room: Room = { cpuMilli: size.cpuMilli, memoryMib: size.memoryMib, gpus: size.gpuModels.map(() => 1_000) };
  for (const { need, seats } of books.running.values()) {
    for (const { machine, gpus } of seats) {
      if (machine !== size.id) continue;
      room.cpuMilli -= need.cpuMilli;
      room.memoryMib -= need.memoryMib;
      for (const gpu of gpus) room.gpus[gpu] = (room.gpus[gpu] ?? 0) - need.gpuMilli;
    }
  }
  for (const gpu of closed) room.gpus[gpu] = 0;
  return room;
};

const hasRoom = (room: Room, models: readonly string[], need: Need, resource: string): boolean => {
  if (room.cpuMilli < need.cpuMilli || room.memoryMib < need.memoryMib) return false;
  return room.gpus.filter((milli, index) => models[index] === resource && milli >= need.gpuMilli).length >= need.gpus;
};

interface Way {
  readonly need: Need;
  readonly resource: string;
}

const amountOf = ({ ask }: Request, { need, resource }: Way): number =>
  ask.nodes * (resource === 'cpu' ? need.cpuMilli : need.gpus * need.gpuMilli);

/** Ways to serve it: each with GPUs of one model, so that it is plain what it would hold of which quota. */
const waysOf = ({ ask }: Request, models: Iterable<string>): readonly Way[] =>
  ask.choices.flatMap((need) => {
    const allowed = need.gpus === 0 ? ['cpu'] : [...models].filter((model) => need.models?.includes(model) ?? true);
    return allowed.map((resource) => ({ need, resource }));
  });

/**
 * Who waits though there is room for it, and nothing that forbids it: found by looking at every machine, by nothing that the scheduler
 * has found out. Machines that are kept for others by the time it would end are left out.
 */
export class IdleRoom {
  private readonly kept = new Map<string, { readonly request: string; readonly at: number }[]>();
  private readonly models: ReadonlySet<string>;

  constructor(private readonly story: Story) {
    for (const { request, at, seats } of story.scheduler.snapshot().reservations)
      for (const { machine } of seats) this.kept.set(machine, [...(this.kept.get(machine) ?? []), { request, at }]);
    this.models = new Set([...story.books.machines.values()].flatMap(({ size }) => size.gpuModels));
  }

  wasted(): readonly string[] {
    return [...this.story.books.waiting.values()].filter((request) => this.isWasted(request)).map(({ id }) => id);
  }

  private isWasted(request: Request): boolean {
    const { now, settings, books } = this.story;
    const isLate = request.deadlineAt !== null && now + request.limitMs > request.deadlineAt;
    const isRestless = (books.preemptions.get(request.id) ?? 0) >= settings.maxPreemptions && !this.isOverdue(request);
    if (isLate || isRestless || (books.notBefore.get(request.id) ?? 0) > now) return false;
    return waysOf(request, this.models).some((way) => this.fits(request, way) && !this.isLimited(request, way));
  }

  private fits({ id, ask, limitMs }: Request, { need, resource }: Way): boolean {
    const { now, settings, books } = this.story;
    const end = now + roundedLimit(limitMs) + settings.graceMs;
    const free = [...books.machines.values()].filter((machine) => {
      const others = (this.kept.get(machine.size.id) ?? []).filter(({ request, at }) => request !== id && at < end);
      if (!machine.isHere || !machine.isOpen || others.length > 0) return false;
      return hasRoom(roomOf(this.story, machine), machine.size.gpuModels, need, resource);
    });
    return free.length >= ask.nodes;
  }

  /** A limit forbids it, or what is left of that is kept for one whose time is up. */
  private isLimited(request: Request, way: Way): boolean {
    const asked = amountOf(request, way);
    if (asked === 0) return false;
    const path = this.story.books.path(request.queue);
    return this.isStopped(request.queue, way, asked) || path.some((node) => this.isKeptFor(node, request, way.resource));
  }

  private isStopped(queue: string, { resource }: Way, asked: number): boolean {
    const { books } = this.story;
    return books.path(queue).some((node) => {
      const limit = books.quotas.find(({ id }) => id === node)?.limit[resource];
      return limit !== undefined && books.used(node, resource) + this.coming(node, resource) + asked > limit;
    });
  }

  /** What those will hold for whom others make way: it counts already. */
  private coming(node: string, resource: string): number {
    const { books } = this.story;
    const takers = new Set([...books.running.values()].map(({ taker }) => taker));
    const coming = [...books.waiting.values()].filter(({ id, queue }) => takers.has(id) && books.path(queue).includes(node));
    return coming.reduce((sum, request) => {
      const ways = waysOf(request, this.models).filter((way) => way.resource === resource);
      return sum + Math.max(0, ...ways.map((way) => amountOf(request, way)));
    }, 0);
  }

  private isKeptFor(node: string, request: Request, resource: string): boolean {
    const { books } = this.story;
    return [...books.waiting.values()].some((other) => {
      if (other.id === request.id || !this.isPressing(other) || !books.path(other.queue).includes(node)) return false;
      return waysOf(other, this.models).some((way) => {
        const asked = amountOf(other, way);
        return way.resource === resource && this.isStopped(other.queue, way, asked) && !this.isBeyond(other.queue, way, asked);
      });
    });
  }

  /** More than a limit alone: that never fits, so that nothing is kept for it. */
  private isBeyond(queue: string, { resource }: Way, asked: number): boolean {
    const { books } = this.story;
    return books.path(queue).some((node) => asked > (books.quotas.find(({ id }) => id === node)?.limit[resource] ?? asked));
  }

  private isPressing(request: Request): boolean {
    const { now, settings } = this.story;
    const { deadlineAt, limitMs } = request;
    return this.isOverdue(request) || (deadlineAt !== null && deadlineAt - limitMs + 1 - settings.urgentMs <= now);
  }

  private isOverdue({ submittedAt, rank }: Request): boolean {
    const { now, settings } = this.story;
    return now - (submittedAt - rank * settings.ageingMs) >= settings.overdueMs;
  }
}
