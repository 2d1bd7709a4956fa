import type { Load } from '../scheduler/facts.ts';
import type { SceneParts } from './scene.ts';

/** What questions need of whoever holds the scheduler: all that it knows now, as a copy. */
export interface Consulted {
  look(now: number): SceneParts;
  /** How much that would be to copy. */
  load(): Load;
}
