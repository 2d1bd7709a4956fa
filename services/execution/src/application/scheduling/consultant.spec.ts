import { execution, OrgId } from '@orrery/contracts';
import { z } from 'zod';
import { runId, submitted } from '../../../test/facts.ts';
import { hour, SceneBuilder } from '../../../test/scene-builder.ts';
import type { Scene } from '../../domain/scheduling/explain/scene.ts';
import type { Request } from '../../domain/scheduling/request.ts';
import type { Load, Wait } from '../../domain/scheduling/scheduler/facts.ts';
import { Consultant } from './consultant.ts';

const Answer = z.object({ waiting: execution.WaitExplained.nullable(), choice: z.int().nullable().optional() });
const Page = z.object({ items: z.array(z.object({ id: z.string(), position: z.int().optional() })), next: z.string().optional() });
const offers = [{ name: 'gpu.a100', need: { cpuMilli: 4_000, memoryMib: 16_384, gpus: 1, gpuMilli: 1_000, models: ['a100'] } }] as const;

const loadOf = ({ snapshot }: Scene['parts']): Load => {
  const placed = snapshot.requests.filter((each) => each.placed !== null).length;
  const { length: machines } = snapshot.machines;
  return { waiting: snapshot.requests.length - placed, placed, machines, open: machines };
};

const consultantOf = (builder: SceneBuilder): Consultant => {
  const { parts } = builder.build();
  const scheduler = {
    look: (at: number) => ({ ...parts, now: at }),
    glance: (at: number, waits: readonly Wait[]) => builder.glance(at, waits),
    order: (at: number) => builder.order(at),
    suppose: (request: Request, at: number) => builder.suppose(request, at),
    load: () => loadOf(parts),
  };
  return new Consultant({ scheduler, offers: async () => offers });
};
const explain = async (builder: SceneBuilder, id = 'r') => {
  const { answer } = await consultantOf(builder).answer({ about: 'request', id: execution.RunId.parse(id), meanShare: 0.5 });
  return Answer.parse(answer);
};
const id = runId(1);
const now = Date.now();
/** Everything is told of a moment long after: what runs has an hour left. */
const busy = () => new SceneBuilder().machine('m').runs('a', { m: [0, 1, 2, 3] }, { at: now - hour, limitMs: 2 * hour });

describe('a consultant', () => {
  it('explains what waits, from its place in the queue to what would start now', async () => {
    const { waiting } = await explain(busy().waits(id, { need: { gpus: 8 }, submittedAt: now }), id);
    expect(waiting).toMatchObject({
      queues: [{ position: 1 }, { position: 1 }],
      missing: [{ freeGpus: 4, neededGpus: 8 }],
      start: { method: 'played-forward' },
      instead: [{ change: 'machine-type', input: { machineType: 'gpu.a100' } }],
    });
    const { earliest, latest } = waiting?.start ?? {};
    expect(Date.parse(latest ?? '') - now).toBeGreaterThan(0.9 * hour);
    expect(Date.parse(earliest ?? '') - now).toBeLessThan(0.6 * hour);
  });

  it('says nothing of waiting of what has a machine, and of what nobody has heard of', async () => {
    expect(await explain(new SceneBuilder().machine('m').runs(id, { m: [0] }), id)).toEqual({ waiting: null });
    expect(await explain(busy(), id)).toEqual({ waiting: null });
  });

  it('supposes a submission without submitting it', async () => {
    const event = submitted({ runId: id, orgId: OrgId.parse(runId(9)) });
    if (event.type !== 'RunSubmitted') throw new TypeError('it was submitted');
    const { data } = event;
    const suppose = async (builder: SceneBuilder) => {
      const consultant = consultantOf(builder);
      const { answer } = await consultant.answer({ about: 'what-if', submission: data, meanShare: 0.5 });
      const { answer: queue } = await consultant.answer({ about: 'waiting', limit: 10, after: null });
      expect(JSON.stringify(queue)).not.toContain(id);
      return Answer.parse(answer);
    };
    expect(await suppose(new SceneBuilder().machine('m'))).toEqual({ choice: 0, waiting: null });
    const { choice, waiting } = await suppose(new SceneBuilder().machine('m', { cpuMilli: 1 }));
    expect(choice).toBeNull();
    expect(waiting).toMatchObject({ missing: [{ causes: [{ cause: 'too-small', machines: 1 }] }], start: null });
  });

  describe('of a scheduler that knows too much to be copied', () => {
    const look = (): never => {
      throw new RangeError('it was copied');
    };
    const large = (builder: SceneBuilder, waiting = 200_000): Consultant => {
      const load = (): Load => ({ waiting, placed: 0, machines: 1_000, open: 1_000 });
      const scheduler = {
        look,
        glance: (at: number, waits: readonly Wait[]) => builder.glance(at, waits),
        order: (at: number) => builder.order(at),
        suppose: (request: Request, at: number) => builder.suppose(request, at),
        load,
      };
      return new Consultant({ scheduler, offers: async () => offers });
    };
    const { data: submission } = submitted({ runId: id });

    it('proposes no moves', async () => {
      expect(await large(busy()).answer({ about: 'moves' })).toMatchObject({ answer: { isTooLarge: true, limit: 10_000 } });
    });

    it('supposes a submission with one look for it, and says no place in the queues', async () => {
      const suppose = async (builder: SceneBuilder) => {
        const { answer } = await large(builder.looked()).answer({ about: 'what-if', submission, meanShare: 0.5 });
        return Answer.parse(answer);
      };
      expect(await suppose(new SceneBuilder().machine('m').waits('r', { need: { gpus: 9 } }))).toEqual({ choice: 0, waiting: null });
      expect(await suppose(new SceneBuilder().machine('m', { cpuMilli: 1 }))).toMatchObject({
        choice: null,
        waiting: {
          reason: 'no-machine',
          queues: [],
          missing: [{ causes: [{ cause: 'too-small', machines: 1 }] }],
          start: null,
          instead: [],
        },
      });
    });

    it('tells page after page, and nobody twice or not at all, while those before the page begin and others come', async () => {
      const builder = busy();
      for (const n of ['1', '2', '3', '4', '5']) builder.waits(n, { need: { gpus: 8 }, submittedAt: now - hour + Number(n) });
      const consultant = large(builder.looked());
      const page = async (about: 'waiting' | 'running', after: string | null) => {
        const { answer } = await consultant.answer({ about, limit: 2, after });
        return Page.parse(answer);
      };
      const first = await page('waiting', null);
      expect(first.items.map(({ id: of }) => of)).toEqual(['1', '2']);
      builder.ends('1').waits('6', { need: { gpus: 8 }, submittedAt: now });
      // Another scheduler has another order, and knows who was the last of the page.
      const later = large(builder.looked());
      const { answer } = await later.answer({ about: 'waiting', limit: 2, after: first.next ?? null });
      const second = Page.parse(answer);
      expect(second.items.map(({ id: of, position }) => [of, position])).toEqual([
        ['3', 2],
        ['4', 3],
      ]);
    });

    it('tells of what runs page after page, whoever ends meanwhile', async () => {
      const machine = runId(5);
      const builder = new SceneBuilder().machine(machine);
      for (const n of [0, 1, 2, 3, 4]) builder.runs(`${n}`, { [machine]: [n] }, { at: now - hour + n });
      const told: string[] = [];
      let after: string | null = null;
      do {
        const { answer } = await large(builder).answer({ about: 'running', limit: 2, after });
        const { items, next } = Page.parse(answer);
        told.push(...items.map(({ id: of }) => of));
        builder.ends('0').ends('1');
        after = next ?? null;
      } while (after !== null);
      expect(told).toEqual(['0', '1', '2', '3', '4']);
    });

    it('says of one that waits all that needs no trying, as of a small one', async () => {
      const waits = () =>
        busy()
          .waits('first', { need: { gpus: 8 }, submittedAt: now - 1 })
          .waits(id, { need: { gpus: 8 }, submittedAt: now });
      const { waiting: small } = await explain(waits(), id);
      const builder = waits();
      const { answer } = await large(builder.looked()).answer({ about: 'request', id, meanShare: 0.5 });
      const { waiting } = Answer.parse(answer);
      expect(waiting).toMatchObject({
        reason: small?.reason,
        queues: [{ position: 2 }, { position: 2, waiting: 2 }],
        missing: small?.missing,
        order: small?.order,
        instead: [],
        start: null,
        startUnknown: expect.stringContaining('too large'),
      });
    });

    it('lists what waits, what runs and the quotas, with what there is in all', async () => {
      const machine = runId(5);
      const full = new SceneBuilder()
        .machine(machine)
        .quota('org', { guaranteed: { a100: 2_000 } })
        .runs('a', { [machine]: [0, 1] })
        .waits('b', { submittedAt: now - 2 })
        .waits('c', { submittedAt: now - 1 });
      const consultant = large(full);
      const { answer: second } = await consultant.answer({ about: 'waiting', limit: 1, after: '1/b' });
      expect(second).toMatchObject({
        items: [{ id: 'c', position: 2 }],
        next: undefined,
        summary: { waiting: 2, running: 1, machines: 1, capacityMilli: { a100: 8_000 }, usedMilli: { a100: 2_000 } },
      });
      expect(await consultant.answer({ about: 'running', limit: 5, after: null })).toMatchObject({ answer: { items: [{ id: 'a' }] } });
      expect(await consultant.answer({ about: 'quotas', limit: 5, after: null })).toMatchObject({
        answer: { items: [{ node: 'org', waiting: 2, usedMilli: { a100: 2_000 } }] },
      });
    });

    it('is not even asked where its order alone takes too long', async () => {
      const answer = await large(busy(), 2_000_000).answer({ about: 'waiting', limit: 1, after: null });
      expect(answer).toMatchObject({ answer: { isTooLarge: true } });
    });
  });

  it('proposes what could go elsewhere for what waits', async () => {
    const [one, other] = [runId(5), runId(6)];
    const scattered = new SceneBuilder()
      .machine(one)
      .machine(other)
      .runs('small', { [one]: [0] }, { isPreemptible: true })
      .runs('large', { [other]: [0, 1, 2, 3] })
      .waits('r', { need: { gpus: 8 } });
    const { answer } = await consultantOf(scattered).answer({ about: 'moves' });
    expect(answer).toMatchObject({
      items: [{ admits: 'r', moves: [{ id: 'small', from: [{ workerId: one }], to: [{ workerId: other }] }] }],
    });
  });

  it('pages through what waits, what runs and the quotas', async () => {
    const machine = runId(5);
    const full = new SceneBuilder()
      .machine(machine)
      .quota('group', { guaranteed: { a100: 2_000 } })
      .quota('org', { parent: 'group' })
      .runs('a', { [machine]: [0, 1] }, { isBorrowed: true })
      .waits('b')
      .waits('c');
    const consultant = consultantOf(full);
    const { answer: first } = await consultant.answer({ about: 'waiting', limit: 1, after: null });
    expect(first).toMatchObject({
      items: [{ id: 'b', position: 1 }],
      next: '1/b',
      summary: { waiting: 2, running: 1, borrowed: 1, machines: 1 },
    });
    expect(first).toMatchObject({ summary: { capacityMilli: { a100: 8_000 }, usedMilli: { a100: 2_000 } } });
    const { answer: second } = await consultant.answer({ about: 'waiting', limit: 1, after: '1/b' });
    expect(second).toMatchObject({ items: [{ id: 'c', position: 2 }], next: undefined });
    const { answer: running } = await consultant.answer({ about: 'running', limit: 5, after: null });
    expect(running).toMatchObject({ items: [{ id: 'a', isBorrowed: true, seats: [{ gpuIndexes: [0, 1] }] }] });
    const { answer: quotas } = await consultant.answer({ about: 'quotas', limit: 5, after: null });
    expect(quotas).toMatchObject({
      items: [
        { node: 'group', usedMilli: { a100: 2_000 }, guaranteedMilli: { a100: 2_000 }, waiting: 2 },
        { node: 'org', parent: 'group', waiting: 2 },
      ],
    });
  });
});
