import type { Asker } from './asker.ts';
import type { Core } from './core.ts';
import { type Entry, type Hold, isEarlier, isPressing, type Leaf } from './entry.ts';
import type { Reserved, WaitReason } from './facts.ts';
import { type Level, levels, mayDisplace } from './level.ts';
import type { Option } from './options.ts';
import { Planned } from './planned.ts';
import type { Trial } from './trial.ts';

/** No end of other work makes room. */
const neverSoon: ReadonlySet<WaitReason> = new Set(['no-machine', 'machine-away', 'closed']);

/** Who of those without room keeps machines for itself, and from when on. */
export class Reserving {
  /** What is given up in this round is given again in the next: those who come first may not be looked at in this one. */
  private left: number;
  /** Null: too many keep machines as it is. */
  private readonly planned: Planned | null;

  constructor(
    private readonly core: Core,
    private readonly trial: Trial,
  ) {
    this.left = core.settings.reservations - core.reservations.size;
    this.planned = this.isFull ? null : new Planned(core, trial);
  }

  get isFull(): boolean {
    return this.left <= 0;
  }

  /** It would keep machines for itself, if not too many did. */
  isWanted(entry: Entry, options: readonly Option[], reason: WaitReason): boolean {
    if (entry.reservation || options.length === 0 || neverSoon.has(reason)) return false;
    return !this.isBehind(entry);
  }

  /** Whose time is up and who is within its guarantee may reserve whatever their shares; the others when their queue is next. */
  mayNow(entry: Entry, level: Level): boolean {
    if (this.isFull || !this.planned) return false;
    if (level === levels.guaranteed || isPressing(entry, this.trial.now, this.core.settings.overdueMs)) return true;
    return entry.line === null || this.planned.isNext(entry.line.leaf);
  }

  /** Somebody of it may reserve, who wants to. */
  mayAny(leaf: Leaf): boolean {
    if (this.isFull) return false;
    return leaf.isUnreserved || (leaf.isPutOff && (this.isNext(leaf) || this.core.queues.isOverdue(leaf, this.trial.now)));
  }

  isNext(leaf: Leaf): boolean {
    return this.planned?.isNext(leaf) ?? false;
  }

  /** Machines from the first moment on at which they are free; null: no end of others frees any. */
  reserve(entry: Entry, options: readonly Option[]): Reserved | null {
    let best: { readonly reserved: Reserved; readonly option: Option } | null = null;
    for (const option of options) {
      const reserved = this.earliest(entry, option);
      if (reserved && (best === null || reserved.at < best.reserved.at)) best = { reserved, option };
    }
    if (!best) return null;
    this.trial.reserve(entry, best.reserved, best.option.level);
    this.left -= 1;
    return best.reserved;
  }

  /**
   * What one like it of its own queue gives back comes to it by its turn: where that is what it would wait for, machines are kept for it
   * that others hold. Otherwise nobody would ever collect what these give back in small pieces, and they would take it again.
   */
  private earliest(entry: Entry, option: Option): Reserved | null {
    const asker: Asker = {
      entry,
      option,
      now: this.trial.now,
      ...this.core.refusals(entry),
      mustRespect: ({ level }) => !mayDisplace(option.level, level),
    };
    const reserved = this.core.outlook.earliest(asker);
    // Its time is up: the earliest moment will do. And what is guaranteed is taken back, and need not be waited for.
    if (!reserved || isPressing(entry, this.trial.now, this.core.settings.overdueMs)) return reserved;
    if (this.core.admission.hasGuarantee(entry.request.queue)) return reserved;
    const without = (hold: Hold): boolean => isSuccessor(entry, option, hold);
    const isInherited = reserved.seats.some(({ machine }) => [...this.core.cluster.on(machine)].some(without));
    return (isInherited ? this.core.outlook.earliest({ ...asker, without }) : null) ?? reserved;
  }

  /** Somebody of its queue who comes before it keeps machines. Those behind it were told a moment, which they keep: no others overtake it. */
  isBehind(entry: Entry): boolean {
    for (const other of entry.line?.leaf.reserved ?? []) if (other !== entry && this.precedes(other, entry)) return true;
    for (const other of this.trial.begun.keys()) if (other.line?.leaf === entry.line?.leaf && this.precedes(other, entry)) return true;
    return false;
  }

  private precedes(one: Entry, other: Entry): boolean {
    // It is too late for that one, and until it has been told so it stands where it stood: what it keeps is not given back yet.
    if (one.line === null) return true;
    const [isOne, isOther] = [one, other].map((each) => isPressing(each, this.trial.now, this.core.settings.overdueMs));
    return isOne === isOther ? isEarlier(one, other) : isOne === true;
  }
}

/** It is of the same queue, and asks for no more than this one has. */
const isSuccessor = ({ request }: Entry, { fit: { need, nodes } }: Option, { entry, need: held }: Hold): boolean =>
  entry.request.queue === request.queue &&
  entry.shape.ask.nodes >= nodes &&
  held.gpus >= need.gpus &&
  held.gpuMilli >= need.gpuMilli &&
  held.cpuMilli >= need.cpuMilli &&
  held.memoryMib >= need.memoryMib;
