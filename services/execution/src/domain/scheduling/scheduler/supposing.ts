import type { Request } from '../request.ts';
import type { Core } from './core.ts';
import type { Entry } from './entry.ts';
import type { WaitReason } from './facts.ts';
import { News } from './news.ts';
import { fitsOf } from './options.ts';
import { Parking } from './parking.ts';
import { Placing } from './placing.ts';
import { orgOf } from './queues.ts';
import { Trial } from './trial.ts';
import { Victims } from './victims.ts';

/** What is set of a project that nobody has heard of is what is set of its organization: names that are only asked about leave nothing behind. */
const queueOf = ({ tree }: Core, queue: string): string => (tree.nodes.some(({ id }) => id === queue) ? queue : orgOf(queue));

/**
 * Which of its choices a request would get that nobody has submitted, or why it would wait: one look for it alone, after all who wait, who
 * found nothing when they were looked at last. Nothing is copied, and nothing is different afterwards. Of limits that are kept for those who
 * have waited too long for them it knows nothing.
 */
export const suppose = (core: Core, request: Request, now: number): number | WaitReason => {
  const shape = core.shapes.take(request);
  const entry: Entry = {
    request: { ...request, queue: queueOf(core, request.queue) },
    shape,
    vt: request.submittedAt - request.rank * core.settings.ageingMs,
    notBefore: 0,
    avoid: [],
    preemptions: 0,
    line: null,
    running: null,
    reservation: null,
  };
  const trial = new Trial(core, now);
  // What it finds out is of no use to those who are there.
  const apart = new Parking(core);
  const news = new News(core, apart.berths, apart.sought);
  try {
    // Where nobody may be preempted, everybody needs solid ground.
    const { options, isUnsolid } = core.admission.optionsOf(entry, core.settings.maxPreemptions === 0);
    if (options.length === 0 && core.serving.isHopeless(fitsOf(shape))) return 'no-machine';
    if (options.length === 0) return isUnsolid ? 'solid-ground' : 'quota';
    const found = new Placing(core, apart, trial, news).place(entry, options);
    if (typeof found !== 'string') return found.choice;
    const victims = new Victims(core, trial, news);
    return options.some((option) => victims.find(entry, option) !== null) ? 'preempting' : found;
  } finally {
    trial.undo();
    core.shapes.drop(shape);
  }
};
