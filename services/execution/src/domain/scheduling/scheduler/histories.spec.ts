import fc from 'fast-check';
import { anyLimit, changing, type History, history, quotas } from '../../../../test/scheduling/history.ts';
import { played } from '../../../../test/scheduling/play.ts';

const steps = ['submit', 'end', 'fail', 'cordon', 'open', 'lose', 'back', 'gpu', 'restart', 'quotas', 'outlive'];
const decisions = ['place', 'preempt', 'reserve', 'expire'];

const kindsIn = (told: History): readonly string[] => [...told.steps, ...played(told).story.told].map(({ kind }) => kind);

describe('the histories that laws are tried on', () => {
  it('tell of everything that happens in a cluster', () => {
    const kinds = new Set(fc.sample(history(changing, quotas(anyLimit)), 100).flatMap(kindsIn));
    expect([...steps, ...decisions].filter((kind) => !kinds.has(kind))).toEqual([]);
  });
});
