import { Story } from '../../../../test/scheduling/story.ts';
import { hour, quota } from '../../../../test/scheduling/timeline.ts';
import type { QuotaNode } from '../admission/quota-node.ts';
import type { Decision, Request } from '../request.ts';
import { defaultSettings } from './settings.ts';

const asked = (id: string, queue: string, gpus: number): Request => ({
  id,
  queue,
  ask: { nodes: 1, choices: [{ cpuMilli: 0, memoryMib: 0, gpus, gpuMilli: 1_000, models: null }] },
  rank: 0,
  isPreemptible: false,
  limitMs: hour,
  deadlineAt: null,
  submittedAt: 0,
});

/** An org is guaranteed a machine of two GPUs, and one of its parts has taken both when another one comes. */
const sisters = (...parts: readonly QuotaNode[]): Story => {
  const story = new Story({ ...defaultSettings, minRunMs: 0 });
  story.setQuotas([quota('acme', 2), ...parts]);
  story.machine({ id: 'm', cpuMilli: 1_000, memoryMib: 1_000, gpuModels: ['a100', 'a100'] });
  story.submit(asked('speech', 'acme/speech', 2));
  story.settle();
  story.submit(asked('vision', 'acme/vision', 1));
  story.settle();
  return story;
};

const preempted = ({ told }: Story): readonly Decision[] => told.filter(({ kind }) => kind === 'preempt');
const parent = 'acme';

describe('of two parts of an org, both within what that is guaranteed', () => {
  it('the one that is guaranteed it takes it back from the one that is guaranteed less', () => {
    const story = sisters(quota('acme/vision', 1, { parent }));
    expect(preempted(story)).toEqual([{ kind: 'preempt', request: 'speech', by: 'vision', reason: 'reclaim' }]);
    expect(story.faults).toEqual([]);
  });

  it('neither takes from the other what is guaranteed to both, or to none', () => {
    expect(preempted(sisters(quota('acme/vision', 1, { parent }), quota('acme/speech', 2, { parent })))).toEqual([]);
    expect(preempted(sisters())).toEqual([]);
  });
});

describe('the books that the scheduler is checked against', () => {
  const mayReclaim = ({ books }: Story, by: Request): boolean => {
    const speech = books.running.get('speech');
    return speech !== undefined && books.mayReclaim(by, speech);
  };

  it('tell who may take what back from whom', () => {
    const one = quota('acme/vision', 1, { parent });
    expect(mayReclaim(sisters(one, quota('acme/speech', 2, { parent })), asked('more', 'acme/vision', 1))).toBe(false);
    expect(mayReclaim(sisters(), asked('more', 'acme/vision', 1))).toBe(false);
    const full = sisters(quota('acme/speech', 1, { parent }), quota('beta', 2));
    expect(mayReclaim(full, asked('more', 'beta', 1))).toBe(false);
    full.setQuotas([quota('acme', 2), one]);
    expect(mayReclaim(full, asked('more', 'acme/vision', 1))).toBe(true);
    expect(mayReclaim(full, asked('more', 'acme/vision', 2))).toBe(false);
  });
});
