import type { MachineSize } from '@orrery/execution/scheduling';
import type { Change } from '../course/course.ts';
import type { WorkerEvent } from './events.ts';

type Facts = Extract<WorkerEvent, { readonly type: 'WorkerJoined' }>['data']['facts'];
type Traits = Pick<Extract<WorkerEvent, { readonly type: 'WorkerLabelled' }>['data'], 'labels' | 'pool' | 'rack' | 'nanosPerHour'>;

interface Worker {
  facts: Facts | null;
  traits: Traits | null;
  isCordoned: boolean;
  isLost: boolean;
  /** When the last of its work is moved, as it was decided; null: nobody did. */
  emptied: Change | null;
}

const sizeOf = (id: string, { cpuMilli, memoryMib, gpus }: Facts, traits: Traits | null): MachineSize => ({
  id,
  cpuMilli,
  memoryMib,
  gpuModels: gpus.map(({ model }) => model),
  gpuMemoryMib: gpus.map((gpu) => gpu.memoryMib),
  ...(gpus.some(({ island }) => island !== undefined) ? { islands: gpus.map(({ island }, index) => island ?? -1 - index) } : {}),
  ...(gpus.some(({ mig }) => mig !== undefined) ? { mig: gpus.map(({ mig }) => mig ?? null) } : {}),
  ...(traits ? { labels: traits.labels } : {}),
  ...(traits?.pool == null ? {} : { pool: traits.pool }),
  ...(traits?.rack == null ? {} : { rack: traits.rack }),
  ...(traits?.nanosPerHour == null ? {} : { pricePerHour: Number(traits.nanosPerHour) / 1e9 }),
});

/** What recorded events say of machines, as changes of a simulation. */
export class MachineHistory {
  readonly changes: Change[] = [];
  private readonly workers = new Map<string, Worker>();

  tell({ type, data }: WorkerEvent): void {
    const id = data.workerId;
    const at = Date.parse(data.at);
    const worker = this.workerOf(id);
    switch (type) {
      case 'WorkerJoined':
      case 'WorkerRejoined':
      case 'WorkerFactsChanged':
        worker.facts = data.facts;
        this.resize(id, worker, at);
        break;
      case 'WorkerLabelled':
        worker.traits = data;
        this.resize(id, worker, at);
        break;
      case 'WorkerRemoved':
        this.callOff(worker, at);
        this.workers.delete(id);
        this.changes.push({ at, kind: 'leave', machine: id });
        break;
      case 'WorkerLost':
        worker.isLost = true;
        this.changes.push({ at, kind: 'lose', machine: id });
        break;
      case 'WorkerReturned':
        worker.isLost = false;
        this.open(id, worker, at);
        break;
      case 'WorkerCordoned':
        worker.isCordoned = true;
        this.open(id, worker, at);
        break;
      case 'WorkerDrainRequested':
        worker.isCordoned = true;
        this.drain(worker, { id, at, endsAt: data.endsAt });
        break;
      case 'WorkerUncordoned':
        worker.isCordoned = false;
        this.callOff(worker, at);
        this.open(id, worker, at);
    }
  }

  private resize(id: string, worker: Worker, at: number): void {
    if (worker.facts) this.changes.push({ at, kind: 'join', machine: sizeOf(id, worker.facts, worker.traits) });
  }

  private open(id: string, { isCordoned, isLost }: Worker, at: number): void {
    this.changes.push({ at, kind: isCordoned || isLost ? 'close' : 'open', machine: id });
  }

  private drain(worker: Worker, { id, at, endsAt }: { readonly id: string; readonly at: number; readonly endsAt: string | null }): void {
    this.callOff(worker, at);
    this.changes.push({ at, kind: 'drain', machine: id, isWhole: false });
    if (endsAt === null) return;
    worker.emptied = { at: Date.parse(endsAt), kind: 'drain', machine: id, isWhole: true };
    this.changes.push(worker.emptied);
  }

  /** What was to come of a drain and has not yet, does not. */
  private callOff(worker: Worker, at: number): void {
    const { emptied } = worker;
    worker.emptied = null;
    if (emptied && emptied.at > at) this.changes.splice(this.changes.indexOf(emptied), 1);
  }

  private workerOf(id: string): Worker {
    const known = this.workers.get(id) ?? { facts: null, traits: null, isCordoned: false, isLost: false, emptied: null };
    this.workers.set(id, known);
    return known;
  }
}
