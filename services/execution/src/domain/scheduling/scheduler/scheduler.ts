import { Fleet } from '../placement/fleet.ts';
import type { Need } from '../placement/need.ts';
import type { MachineSize, Place } from '../placement/place.ts';
import { Placer } from '../placement/placer.ts';
import { policyOf } from '../placement/policies.ts';
import type { Decision, Request, Seat } from '../request.ts';
import type { Load, Placed, Promised, Reserved, Returned, Wait } from './facts.ts';
import type { SchedulerSettings } from './settings.ts';
import type { MachineSnapshot, SchedulerSnapshot } from './snapshot.ts';

interface Entry {
  readonly request: Request;
  notBefore: number;
  placed: Placed | null;
  vacated: Set<number>;
}

/** Who waits, who has which machines, and what should happen next. It is told facts and time, and proposes. */
export class Scheduler {
  private readonly fleet = new Fleet();
  private readonly placer: Placer;
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly settings: SchedulerSettings,
    random: () => number,
  ) {
    this.placer = new Placer(this.fleet, policyOf(settings.policy, random));
  }

  static restore(snapshot: SchedulerSnapshot, settings: SchedulerSettings, random: () => number): Scheduler {
    const scheduler = new Scheduler(settings, random);
    for (const { size, isOpen } of snapshot.machines) {
      scheduler.addMachine(size);
      scheduler.openMachine(size.id, isOpen);
    }
    for (const { request, notBefore, placed, vacated } of snapshot.requests) {
      scheduler.submit(request);
      if (placed) scheduler.placed(request.id, placed);
      for (const member of vacated) scheduler.vacated(request.id, member, 0);
      const entry = scheduler.entries.get(request.id);
      if (entry) entry.notBefore = notBefore;
    }
    return scheduler;
  }

  setQuotas(_nodes: readonly unknown[], _now: number): void {}

  setPromises(_promises: readonly Promised[]): void {}

  addMachine(size: MachineSize): void {
    this.fleet.add(size);
  }

  removeMachine(id: string): void {
    const place = this.fleet.get(id);
    if (place) this.fleet.remove(place);
  }

  resizeMachine(size: MachineSize): void {
    this.removeMachine(size.id);
    this.addMachine(size);
    for (const { request, placed, vacated } of this.entries.values()) {
      if (placed)
        this.shift('take', request, {
          ...placed,
          seats: placed.seats.filter(({ machine }, member) => machine === size.id && !vacated.has(member)),
        });
    }
  }

  openMachine(id: string, isOpen: boolean): void {
    const place = this.fleet.get(id);
    if (place) this.fleet.open(place, isOpen);
  }

  /** These GPUs of it are closed, and no others. */
  closeGpus(_id: string, _indexes: readonly number[]): void {}

  submit(request: Request): void {
    this.entries.set(request.id, { request, notBefore: 0, placed: null, vacated: new Set() });
    const [first] = request.ask.choices;
    if (first) this.placer.note(first);
  }

  placed(id: string, placed: Placed): void {
    const entry = this.entries.get(id);
    if (!entry) return;
    entry.placed = placed;
    entry.vacated = new Set();
    this.shift('take', entry.request, placed);
  }

  /** It has been told to end, to make room for another one. */
  preempting(_id: string, _at: number): void {}

  reserved(_id: string, _reserved: Reserved): void {}

  /** One member of it has ended: its seat is free. */
  vacated(id: string, member: number, _at: number): void {
    const entry = this.entries.get(id);
    const seat = entry?.placed?.seats[member];
    if (!entry?.placed || !seat || entry.vacated.has(member)) return;
    this.shift('release', entry.request, { ...entry.placed, seats: [seat] });
    entry.vacated.add(member);
  }

  /** All that it still holds is free. Also said of what waited. */
  ended(id: string, at: number): void {
    this.free(id, at);
    this.entries.delete(id);
  }

  returned(id: string, { at, notBefore }: Returned): void {
    this.free(id, at);
    const entry = this.entries.get(id);
    if (entry) Object.assign(entry, { placed: null, notBefore });
  }

  /** What should happen now, at most so many things that hold together. Changes nothing: what it proposes counts when told. */
  decide(now: number, limit: number): readonly Decision[] {
    const decisions: Decision[] = [];
    const undo: (() => void)[] = [];
    for (const { request } of this.queue(now)) {
      if (decisions.length >= limit) break;
      const decision = this.place(request, undo);
      if (decision) decisions.push(decision);
    }
    for (const step of undo.reverse()) step();
    return decisions;
  }

  /** When the passing of time alone could change the next decision; null: only a fact can. */
  dueAt(now: number): number | null {
    const later = [...this.entries.values()].filter(({ placed, notBefore }) => placed === null && notBefore > now);
    return later.length === 0 ? null : Math.min(...later.map(({ notBefore }) => notBefore));
  }

  waits(now: number): readonly Wait[] {
    return this.queue(now).map(({ request: { id } }, index) => ({ request: id, reason: 'all-busy', position: index + 1 }));
  }

  load(): Load {
    const entries = [...this.entries.values()];
    const places = this.fleet.places.filter((place) => place !== undefined);
    const placed = entries.filter((entry) => entry.placed !== null).length;
    return { waiting: entries.length - placed, placed, machines: places.length, open: places.filter(({ isOpen }) => isOpen).length };
  }

  snapshot(): SchedulerSnapshot {
    const machines = this.fleet.places.flatMap((place): MachineSnapshot[] => {
      if (!place) return [];
      const { id, cpuMilli, memoryMib, gpuModels, isOpen } = place;
      return [{ size: { id, cpuMilli, memoryMib, gpuModels }, isOpen, closedGpus: [] }];
    });
    const requests = [...this.entries.values()].map(({ request, notBefore, placed, vacated }) => ({
      request,
      notBefore,
      avoid: [],
      preemptions: 0,
      reserved: null,
      placed,
      vacated: [...vacated],
      preemptingAt: null,
    }));
    return { machines, promises: [], requests };
  }

  private queue(now: number): readonly Entry[] {
    const { ageingMs } = this.settings;
    const vt = ({ request }: Entry): number => request.submittedAt - request.rank * ageingMs;
    const waiting = [...this.entries.values()].filter(({ placed, notBefore }) => placed === null && notBefore <= now);
    return waiting.sort((a, b) => vt(a) - vt(b) || (a.request.id < b.request.id ? -1 : 1));
  }

  private place({ id, ask }: Request, undo: (() => void)[]): Decision | null {
    for (const [choice, need] of ask.choices.entries()) {
      const steps: (() => void)[] = [];
      const seats: Seat[] = [];
      let [candidates, score] = [0, 0];
      for (let found = this.placer.find(need); found && seats.length < ask.nodes; found = this.placer.find(need)) {
        const { place, gpus } = found;
        const kept = [...gpus];
        this.fleet.take(place, need, kept);
        steps.push(() => this.fleet.release(place, need, kept));
        seats.push({ machine: place.id, gpus: kept });
        candidates = Math.max(candidates, found.candidates);
        score += found.price;
      }
      if (seats.length === ask.nodes) {
        undo.push(...steps);
        return {
          kind: 'place',
          request: id,
          choice,
          seats,
          reasons: { policy: this.settings.policy, candidates, score },
          isBorrowed: true,
        };
      }
      for (const step of steps.reverse()) step();
    }
    return null;
  }

  private free(id: string, at: number): void {
    for (const member of this.entries.get(id)?.placed?.seats.keys() ?? []) this.vacated(id, member, at);
  }

  private shift(verb: 'take' | 'release', { ask }: Request, { choice, seats }: Placed): void {
    const need: Need | undefined = ask.choices[choice];
    if (!need) return;
    for (const { machine, gpus } of seats) {
      const place: Place | undefined = this.fleet.get(machine);
      if (place) this.fleet[verb](place, need, gpus);
    }
  }
}
