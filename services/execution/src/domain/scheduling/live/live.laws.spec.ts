import { execution } from '@orrery/contracts';
import fc from 'fast-check';
import { longSteps, Play, type Step, steps } from '../../../../test/live-play.ts';
import { chanceOf } from '../placement/chance.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import type { LiveFact } from './facts.ts';
import { type LiveMemory, LiveScheduler } from './live-scheduler.ts';

const played = (story: readonly Step[], dropped?: ReadonlySet<number>): Play => {
  const play = new Play(dropped);
  for (const step of story) play.act(step);
  return play;
};

const retold = (told: readonly LiveFact[]): LiveScheduler => {
  const scheduler = new LiveScheduler();
  for (const fact of told) scheduler.apply(fact);
  return scheduler;
};

const placesIn = (scheduler: LiveScheduler, now: number) =>
  scheduler
    .look(now)
    .snapshot.requests.map(({ request: { id }, placed, vacated }) => ({ id, seats: placed?.seats ?? null, vacated: [...vacated].sort() }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));

/** Of each queue what it had of everything, exactly. */
const sharesOf = (scheduler: LiveScheduler) => {
  const { resources, branches } = scheduler.memory().usage;
  const shares = branches.flatMap(({ id, whole }) => resources.map((resource, at) => [`${id} ${resource}`, whole.past[at] ?? 0] as const));
  return new Map(shares.filter(([, past]) => past !== 0));
};

/** Of a gang some have places, and others have none. */
const isTorn = ({ held, cluster: { told } }: Play): boolean => {
  const gangs = new Map<string, Set<boolean>>();
  for (const { event } of told) {
    const gang = event.type === 'RunSubmitted' ? event.data.request.gang : null;
    if (gang && event.type === 'RunSubmitted') gangs.set(gang.id, (gangs.get(gang.id) ?? new Set()).add(held.has(event.data.runId)));
  }
  return [...gangs.values()].some((fates) => fates.size > 1);
};

/** As what is told to a new term is chosen: what is open or went on after so many facts, the last ones that ended, and all their gangs. */
const chosen = (told: readonly LiveFact[], heard: number, most: number): ReadonlySet<LiveFact> => {
  const gangs = new Map<string, string>();
  const ended: string[] = [];
  for (const { stream, event } of told) {
    if (event.type === 'RunSubmitted' && event.data.request.gang) gangs.set(stream, event.data.request.gang.id);
    if (execution.runEndTypes.some((type) => type === event.type)) ended.push(stream);
  }
  const forgotten = new Set(ended.slice(0, Math.max(0, ended.length - most)));
  for (const { stream } of told.slice(heard)) forgotten.delete(stream);
  const chosenGangs = new Set([...gangs].flatMap(([stream, gang]) => (forgotten.has(stream) ? [] : [gang])));
  return new Set(told.filter(({ stream }) => !forgotten.has(stream) || chosenGangs.has(gangs.get(stream) ?? '')));
};

/** The story in halves; what the scheduler remembered between them, as JSON carries it. */
const remembered = (story: readonly Step[], pause: number) => {
  const play = new Play();
  const at = pause % (story.length + 1);
  for (const step of story.slice(0, at)) play.act(step);
  const heard = play.cluster.told.length;
  const memory: LiveMemory = JSON.parse(JSON.stringify(play.cluster.scheduler.memory()));
  for (const step of story.slice(at)) play.act(step);
  return { cluster: play.cluster, heard, memory };
};

describe('whatever happens in a cluster', () => {
  it('no machine is given more than it has, and no GPU twice, also when some of what was decided did not become facts', () => {
    fc.assert(
      fc.property(steps, fc.uniqueArray(fc.nat({ max: 5 }), { maxLength: 3 }), (story, dropped) => {
        const { held, sizes, needs } = played([...story, { kind: 'round' }], new Set(dropped));
        for (const [id, size] of sizes) {
          const here = [...held.values()].filter((seat) => seat.workerId === id);
          expect(here.reduce((sum, seat) => sum + (needs.get(seat.runId) ?? 0), 0)).toBeLessThanOrEqual(size.cpus);
          const indexes = here.flatMap(({ gpuIndexes }) => gpuIndexes);
          expect(new Set(indexes).size).toBe(indexes.length);
          expect(indexes.every((index) => index < size.gpus)).toBe(true);
        }
      }),
    );
  });

  it('one that is told the story later decides the same, also when told parts of it twice', () => {
    fc.assert(
      fc.property(steps, fc.nat(), (story, cut) => {
        const { cluster } = played(story);
        const { told, now, scheduler } = cluster;
        const again = [...told, ...told.slice(cut % (told.length + 1))];
        expect(retold(told).decide(now, 1_000)).toEqual(scheduler.decide(now, 1_000));
        expect(retold(again).load()).toEqual(scheduler.load());
        expect(retold(told).look(now).waits).toEqual(scheduler.look(now).waits);
      }),
    );
  });

  it('one that takes over with what another remembered decides the same, though little of the work that is over is told again', () => {
    fc.assert(
      fc.property(longSteps, fc.nat(), fc.nat({ max: 2 }), (story, pause, most) => {
        const { cluster, heard, memory } = remembered(story, pause);
        const { told, now, scheduler } = cluster;
        const matters = chosen(told, heard, most);
        const next = retold(told.slice(0, heard).filter((fact) => matters.has(fact)));
        expect(next.recall(memory)).toBeNull();
        for (const fact of told.slice(heard)) if (matters.has(fact)) next.apply(fact);
        expect(next.decide(now, 1_000)).toEqual(scheduler.decide(now, 1_000));
        expect(next.look(now).waits).toEqual(scheduler.look(now).waits);
        expect(sharesOf(next)).toEqual(sharesOf(scheduler));
        expect(new Map(next.memory().mixes)).toEqual(new Map(scheduler.memory().mixes));
      }),
    );
  });

  it('one that is told run after run knows who is where', () => {
    fc.assert(
      fc.property(steps, fc.boolean(), (story, isReversed) => {
        const play = played(story);
        // Where a member has left, only the order of the log tells whether the others were placed with it.
        fc.pre(!isTorn(play));
        const { told, now, scheduler } = play.cluster;
        const runs = [...new Set(told.flatMap(({ stream }) => (stream.startsWith('run-') ? [stream] : [])))];
        const ordered = isReversed ? runs.reverse() : runs;
        const others = told.filter(({ stream }) => !stream.startsWith('run-'));
        const shuffled = [...others, ...ordered.flatMap((run) => told.filter(({ stream }) => stream === run))];
        expect(placesIn(retold(shuffled), now)).toEqual(placesIn(scheduler, now));
      }),
    );
  });

  it('rules that change while it works leave it as one that was built under them', () => {
    fc.assert(
      fc.property(steps, (story) => {
        const { now, scheduler } = played(story).cluster;
        const { snapshot, settings, waits, now: at } = scheduler.look(now);
        const { placed } = scheduler.load();
        const built = Scheduler.restore(snapshot, settings, (place) => chanceOf(place, placed));
        expect(built.waits(at)).toEqual(waits);
        expect(new Map(built.snapshot().mixes)).toEqual(new Map(snapshot.mixes));
      }),
    );
  });

  it('deciding changes nothing', () => {
    fc.assert(
      fc.property(steps, (story) => {
        const { cluster } = played(story);
        expect(cluster.scheduler.decide(cluster.now, 1_000)).toEqual(cluster.scheduler.decide(cluster.now, 1_000));
      }),
    );
  });

  it('a gang is placed whole or not at all', () => {
    fc.assert(
      fc.property(steps, (story) => {
        const { cluster } = played(story);
        const sizes = new Map(
          cluster.told.flatMap(({ event }) =>
            event.type === 'RunSubmitted' ? [[event.data.runId, event.data.request.gang?.size ?? 1] as const] : [],
          ),
        );
        for (const decision of cluster.scheduler.decide(cluster.now, 1_000)) {
          if (decision.kind !== 'place') continue;
          const [first] = decision.seats;
          expect(first && sizes.get(first.runId)).toBe(decision.seats.length);
        }
      }),
    );
  });
});
