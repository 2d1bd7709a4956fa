import type { Request } from '../request.ts';
import type { Load, Wait, WaitReason } from '../scheduler/facts.ts';
import type { SceneParts } from './scene.ts';
import type { Sight } from './sight.ts';

/** What questions need of whoever holds the scheduler. */
export interface Consulted {
  /** All that it knows now, as a copy. */
  look(now: number): SceneParts;
  /** The same without copying it: good until something is told, so for as long as nobody is waited for. `waits`: the order as it was found a moment ago. */
  glance(now: number, waits: readonly Wait[]): Sight;
  /** Who waits, in their order: in small steps, between which facts may be told. */
  order(now: number): Generator<void, readonly Wait[]>;
  /** Which of its choices a request would get that nobody has submitted, or why it would wait: one look for it alone. */
  suppose(request: Request, now: number): number | WaitReason;
  /** How much there is to copy. */
  load(): Load;
}
