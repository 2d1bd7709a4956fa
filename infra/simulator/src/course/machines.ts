import type { Ask, MachineSize, Need, Scheduler } from '@orrery/execution/scheduling';
import type { Change } from './course.ts';
import type { Samples } from './samples.ts';

/** Nobody who runs has to go for it. */
type Quiet = Extract<Change, { readonly kind: 'quotas' | 'promises' | 'join' | 'open' | 'close' }>;

const milliOf = ({ gpuModels }: MachineSize): number => 1_000 * gpuModels.length;

const hasAll = (machine: MachineSize, { cpuMilli, memoryMib, gpus, models }: Need): boolean => {
  const allowed = models?.map((model) => model.toLowerCase());
  const serving = allowed ? machine.gpuModels.filter((model) => allowed.includes(model.toLowerCase())) : machine.gpuModels;
  return machine.cpuMilli >= cpuMilli && machine.memoryMib >= memoryMib && serving.length >= gpus;
};

/** The machines of a simulation: told to the scheduler, and counted as capacity. */
export class Machines {
  private readonly sizes = new Map<string, MachineSize>();
  /** By what was asked for: whether any machine, were it empty, could serve it. */
  private readonly served = new Map<string, boolean>();

  constructor(
    private readonly scheduler: Scheduler,
    private readonly samples: Samples,
  ) {}

  tell(change: Quiet, now: number): void {
    switch (change.kind) {
      case 'quotas':
        this.scheduler.setQuotas(change.nodes, now);
        break;
      case 'promises':
        this.scheduler.setPromises(change.promises);
        break;
      case 'join':
        this.join(change.machine);
        break;
      case 'open':
      case 'close':
        this.open(change.machine, change.kind === 'open');
    }
  }

  join(machine: MachineSize): void {
    if (this.sizes.has(machine.id)) this.scheduler.resizeMachine(machine);
    else this.scheduler.addMachine(machine);
    this.change(machine.id, machine);
  }

  open(id: string, isOpen: boolean): void {
    if (this.sizes.has(id)) this.scheduler.openMachine(id, isOpen);
  }

  leave(id: string): void {
    if (this.sizes.has(id)) this.scheduler.removeMachine(id);
    this.change(id, null);
  }

  couldServe({ choices }: Ask): boolean {
    const key = JSON.stringify(choices);
    const known = this.served.get(key);
    if (known !== undefined) return known;
    const machines = [...this.sizes.values()];
    const isServed = choices.some((need) => machines.some((machine) => hasAll(machine, need)));
    this.served.set(key, isServed);
    return isServed;
  }

  private change(id: string, machine: MachineSize | null): void {
    const before = this.sizes.get(id);
    this.samples.resize((machine ? milliOf(machine) : 0) - (before ? milliOf(before) : 0));
    if (machine) this.sizes.set(id, machine);
    else this.sizes.delete(id);
    this.served.clear();
  }
}
