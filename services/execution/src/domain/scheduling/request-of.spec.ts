import { resources, runId, submitted } from '../../../test/facts.ts';
import type { DataOf } from '../run/run-facts.ts';
import { requestOf } from './request-of.ts';

type Asked = DataOf<'RunSubmitted'>['request'];
type Resources = Asked['choices'][number]['resources'];

const dataOf = (more: Partial<Asked> = {}, gives: Partial<Resources> = {}): DataOf<'RunSubmitted'> => {
  const event = submitted({ runId: runId(), timeoutSeconds: 90 });
  if (event.type !== 'RunSubmitted') throw new TypeError('it was submitted');
  const { data } = event;
  const choices = data.request.choices.map((choice) => ({ ...choice, resources: { ...resources, ...gives } }));
  return { ...data, request: { ...data.request, choices, ...more } };
};

describe('a run as the scheduler sees it', () => {
  it('waits in the queue of its organization, or of its project', () => {
    const data = dataOf();
    expect(requestOf(data)).toMatchObject({ id: data.runId, queue: data.orgId, limitMs: 90_000, ask: { nodes: 1 } });
    expect(requestOf(dataOf({ project: 'vision' })).queue).toBe(`${data.orgId}/vision`);
  });

  it('is one request with its gang, by the id of the first', () => {
    const gang = { id: runId(7), size: 4, rank: 2 };
    expect(requestOf(dataOf({ gang }))).toMatchObject({ id: runId(7), ask: { nodes: 4 } });
  });

  it('needs whole GPUs, a share or a slice of one, or none', () => {
    const needOf = (gives: Partial<Resources>) => requestOf(dataOf({}, gives)).ask.choices[0];
    expect(needOf({ gpus: 0 })).toMatchObject({ gpus: 0, gpuMilli: 0, models: null });
    expect(needOf({ gpus: 2, gpuModel: 'A100' })).toMatchObject({ gpus: 2, gpuMilli: 1_000, models: ['a100'] });
    expect(needOf({ gpus: 1, gpuMilli: 500, gpuModels: ['a100', 'H100'] })).toMatchObject({ gpuMilli: 500, models: ['a100', 'h100'] });
    expect(needOf({ gpus: 1, mig: '3g.40gb', minGpuMemoryMib: 1 })).toMatchObject({ gpuMilli: 429, mig: '3g.40gb', minGpuMemoryMib: 1 });
  });

  it('is in the pool of its machine type, or in the one that it names', () => {
    const wishes = { labels: null, group: null, near: null, apart: null, pool: 'batch', workerId: null };
    const [named] = requestOf(dataOf({ wishes })).ask.choices;
    expect(named).toMatchObject({ pool: 'batch' });
    expect(named).not.toHaveProperty('isPoolOfType');
    expect(requestOf(dataOf({}, { pool: 'batch' })).ask.choices).toMatchObject([{ pool: 'batch', isPoolOfType: true }]);
  });

  it('names groups so that those of two organizations never meet', () => {
    const near = { group: 'g', scope: 'rack' } as const;
    const data = dataOf({ wishes: { labels: { zone: 'eu' }, group: 'g', near, apart: null, pool: null, workerId: null } });
    const [need] = requestOf(data).ask.choices;
    expect(need).toMatchObject({ labels: { zone: 'eu' }, group: `${data.orgId}/g`, near: { group: `${data.orgId}/g`, scope: 'rack' } });
    expect(need).not.toHaveProperty('machine');
  });
});
