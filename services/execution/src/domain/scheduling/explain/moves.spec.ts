import { SceneBuilder, sceneNow } from '../../../../test/scene-builder.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import { defaultSettings } from '../scheduler/settings.ts';
import { movableFor, movesThatAdmit } from './moves.ts';

const preemptible = { isPreemptible: true };

const proposed = (builder: SceneBuilder) => {
  const scene = builder.build();
  const waiting = scene.requests.get('r');
  if (!waiting) throw new Error('r waits');
  for (const guests of movableFor(scene, waiting)) {
    const copy = Scheduler.restore(scene.parts.snapshot, defaultSettings, () => 0.5);
    const moves = movesThatAdmit(copy, 'r', guests, sceneNow);
    if (moves) return moves.map(({ request, from, to }) => [request, from[0]?.machine, to[0]?.machine]);
  }
  return null;
};

describe('moves', () => {
  it('empty a machine for a request that needs it whole, where what is there fits elsewhere', () => {
    const scattered = new SceneBuilder()
      .machine('m1')
      .machine('m2')
      .runs('small', { m1: [0] }, preemptible)
      .runs('large', { m2: [0, 1, 2, 3] })
      .waits('r', { need: { gpus: 8 } });
    expect(proposed(scattered)).toEqual([['small', 'm1', 'm2']]);
  });

  it('are of preemptible work alone', () => {
    const fixed = new SceneBuilder()
      .machine('m1')
      .machine('m2')
      .runs('small', { m1: [0] })
      .runs('other', { m2: [0] });
    expect(proposed(fixed.waits('r', { need: { gpus: 8 } }))).toBeNull();
  });

  it('are none where what would move finds no other place', () => {
    const full = new SceneBuilder()
      .machine('m1')
      .machine('m2')
      .runs('small', { m1: [0] }, preemptible)
      .runs('large', { m2: [0, 1, 2, 3, 4, 5, 6, 7] });
    expect(proposed(full.waits('r', { need: { gpus: 8 } }))).toBeNull();
  });

  it('go to no machine that is closed, and empty none that would not do', () => {
    const closed = new SceneBuilder()
      .machine('m1')
      .machine('m2', {}, { away: 'cordoned' })
      .machine('m3', { gpuModels: Array<string>(8).fill('h100') })
      .runs('small', { m1: [0] }, preemptible)
      .runs('wrong', { m3: [0] }, { ...preemptible, need: { models: ['h100'] } });
    expect(proposed(closed.waits('r', { need: { gpus: 8 } }))).toBeNull();
  });
});
