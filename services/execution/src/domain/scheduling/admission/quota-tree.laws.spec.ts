import fc from 'fast-check';
import { heldCounts } from './meter.ts';
import type { Amounts, QuotaNode } from './quota-node.ts';
import { QuotaTree } from './quota-tree.ts';

const halfLifeMs = 1_000;
const resources = ['a100', 'h100', 'cpu'];
const ids = ['lab', 'acme', 'acme/vision', 'acme/speech', 'beta', 'beta/x', 'gamma'];
const numRuns = process.env.ORRERY_LAWS === 'full' ? 5_000 : 100;

/** Few different ones, so that sums meet guarantees and limits exactly. */
const quantity = fc.integer({ min: 1, max: 8 }).map((count) => count * 250);
const amounts = fc.dictionary(fc.constantFrom(...resources), fc.oneof(quantity, fc.constant(0)), { maxKeys: 3 });

const pairs = ids.flatMap((a) => ids.map((b) => [a, b] as const));
const triples = pairs.flatMap(([a, b]) => ids.map((c) => [a, b, c] as const));

const all = <T>(of: (id: string, resource: string) => T): readonly T[] =>
  ids.flatMap((id) => resources.map((resource) => of(id, resource)));

/** Each may hang below any of those before it, so it is a tree. */
const nodes = fc
  .array(fc.record({ isThere: fc.boolean(), parent: fc.nat(), weight: fc.constantFrom(0.5, 1, 3), guaranteed: amounts, limit: amounts }), {
    minLength: ids.length,
    maxLength: ids.length,
  })
  .map((drawn) => {
    const made: QuotaNode[] = [];
    drawn.forEach(({ isThere, parent, ...rest }, index) => {
      if (isThere)
        made.push({ ...rest, id: ids[index] ?? '', parent: [null, ...made.map(({ id }) => id)][parent % (made.length + 1)] ?? null });
    });
    return made;
  });

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('take' as const), queue: fc.constantFrom(...ids), amounts }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('give' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('nodes' as const), nodes }) },
);
const history = fc.record({ nodes, steps: fc.array(fc.record({ step, later: fc.integer({ min: 0, max: 900 }) }), { maxLength: 30 }) });
type History = typeof history extends fc.Arbitrary<infer T> ? T : never;

interface Held {
  readonly queue: string;
  readonly amounts: Amounts;
  readonly from: number;
  until: number;
}

/** Knows what happened and adds it up anew for every question. */
class Model {
  readonly held: Held[] = [];
  now = 0;
  nodes: readonly QuotaNode[] = [];

  constructor({ nodes: first, steps }: History, tree: QuotaTree, each: (model: Model) => void = () => undefined) {
    this.nodes = first;
    tree.setNodes(first, 0);
    for (const { step: next, later } of steps) {
      this.now += later;
      this.live(next, tree);
      each(this);
    }
  }

  pathOf(queue: string): readonly string[] {
    const node = this.nodes.find(({ id }) => id === queue);
    const parent = node ? node.parent : queue.includes('/') ? queue.slice(0, queue.indexOf('/')) : null;
    return parent === null ? [queue] : [queue, ...this.pathOf(parent)];
  }

  stillHeld(): readonly Held[] {
    return this.held.filter(({ until }) => until === Number.POSITIVE_INFINITY);
  }

  used(id: string, resource: string): number {
    return this.stillHeld()
      .filter(({ queue }) => this.pathOf(queue).includes(id))
      .reduce((sum, one) => sum + (one.amounts[resource] ?? 0), 0);
  }

  of(id: string, which: 'guaranteed' | 'limit', resource: string): number {
    return this.nodes.find((node) => node.id === id)?.[which][resource] ?? (which === 'limit' ? Number.POSITIVE_INFINITY : 0);
  }

  unused(id: string, resource: string): number {
    const below = this.childrenOf(id).reduce((sum, child) => sum + this.unused(child, resource), 0);
    return Math.max(0, below, this.of(id, 'guaranteed', resource) - this.used(id, resource));
  }

  childrenOf(id: string | null): readonly string[] {
    return ids.filter((each) => (this.pathOf(each)[1] ?? null) === id);
  }

  /** What was held, each moment for 2^(-its age in half-lives), divided by what a constant 1 comes to. */
  mean(held: readonly Held[], resource: string, now: number): number {
    const weightUntil = (time: number): number => 2 ** ((Math.min(time, now) - now) / halfLifeMs);
    return held.reduce((sum, one) => sum + (one.amounts[resource] ?? 0) * (weightUntil(one.until) - weightUntil(one.from)), 0);
  }

  private live(next: History['steps'][number]['step'], tree: QuotaTree): void {
    if (next.kind === 'take') {
      tree.charge(next.queue, next.amounts, 1, this.now);
      this.held.push({ queue: next.queue, amounts: next.amounts, from: this.now, until: Number.POSITIVE_INFINITY });
    } else if (next.kind === 'nodes') {
      this.nodes = next.nodes;
      tree.setNodes(next.nodes, this.now);
    } else {
      const still = this.stillHeld();
      const one = still[next.which % Math.max(1, still.length)];
      if (!one) return;
      one.until = this.now;
      tree.charge(one.queue, one.amounts, -1, this.now);
    }
  }
}

const capacity = 4_000;
const treeOf = (): QuotaTree => {
  const tree = new QuotaTree(halfLifeMs);
  for (const resource of resources) tree.setCapacity(resource, capacity);
  return tree;
};

const holds = (law: (past: History) => void): void => {
  fc.assert(fc.property(history, law), { numRuns });
};

describe('whatever happened, the quota tree', () => {
  it('says what is used as if it added it up', () => {
    holds((past) => {
      const tree = treeOf();
      new Model(past, tree, (model) => {
        expect(all((id, resource) => tree.usedBy(id, resource))).toEqual(all((id, resource) => model.used(id, resource)));
      });
    });
  });

  it('refuses exactly what breaks a limit, at a node where it would be too much alone, or at the nearest', () => {
    fc.assert(
      fc.property(history, fc.constantFrom(...ids), amounts, (past, queue, asked) => {
        const tree = treeOf();
        const model = new Model(past, tree);
        const path = model.pathOf(queue);
        const breaks = (id: string, used: (name: string) => number): boolean =>
          Object.entries(asked).some(([name, amount]) => amount > 0 && used(name) + amount > model.of(id, 'limit', name));
        const alone = path.find((id) => breaks(id, () => 0));
        const nearest = path.find((id) => breaks(id, (name) => model.used(id, name)));
        expect(tree.blockedBy(queue, asked)?.node).toBe(alone ?? nearest);
      }),
      { numRuns },
    );
  });

  it('knows what is within a guarantee, what is over it, and what others are still owed', () => {
    fc.assert(
      fc.property(history, fc.constantFrom(...ids), fc.constantFrom(...resources), quantity, (past, queue, resource, amount) => {
        const tree = treeOf();
        const model = new Model(past, tree);
        const path = model.pathOf(queue);
        const fits = path.some((id) => model.used(id, resource) + amount <= model.of(id, 'guaranteed', resource));
        expect(tree.isGuaranteed(queue, { [resource]: amount })).toBe(fits);
        const own = model.stillHeld().some((one) => one.queue === queue && (one.amounts[resource] ?? 0) > 0);
        expect(tree.isOverGuarantee(queue, resource)).toBe(
          own && path.every((id) => model.used(id, resource) > model.of(id, 'guaranteed', resource)),
        );
        const others = [...path, null].flatMap((id) => model.childrenOf(id)).filter((id) => !path.includes(id));
        expect(tree.unusedGuarantees(queue, resource)).toBe(others.reduce((sum, id) => sum + model.unused(id, resource), 0));
      }),
      { numRuns },
    );
  });

  it('never lets two queues reclaim from each other, nor three in a circle', () => {
    const asked = fc.record({ a100: fc.integer({ min: 1, max: 2_000 }) });
    fc.assert(
      fc.property(history, fc.array(asked, { minLength: ids.length, maxLength: ids.length }), (past, wants) => {
        const tree = treeOf();
        new Model(past, tree);
        const wantOf = (id: string): Amounts => wants[ids.indexOf(id)] ?? {};
        const taken = pairs.filter(([a, b]) => tree.mayReclaim(a, wantOf(a), b)).map(String);
        const takes = (a: string, b: string): boolean => taken.includes(`${a},${b}`);
        expect(pairs.filter(([a, b]) => takes(a, b) && takes(b, a))).toEqual([]);
        expect(triples.filter(([a, b, c]) => takes(a, b) && takes(b, c) && takes(c, a))).toEqual([]);
      }),
      { numRuns },
    );
  });

  it('takes shares of what is held and what was, whatever was asked in between', () => {
    holds((past) => {
      const tree = treeOf();
      const model = new Model(past, tree, ({ now }) => {
        for (const id of ids) tree.shareOf(id, now + 77);
      });
      const now = model.now + 500;
      for (const id of ids) {
        const below = model.held.filter(({ queue }) => model.pathOf(queue).includes(id));
        const shares = resources.map((resource) => (heldCounts * model.used(id, resource) + model.mean(below, resource, now)) / capacity);
        const weight = model.nodes.find((node) => node.id === id)?.weight ?? 1;
        expect(tree.shareOf(id, now)).toBeCloseTo(Math.max(...shares) / weight, 9);
      }
    });
  });

  it('orders all queues in one line', () => {
    holds((past) => {
      const tree = treeOf();
      const { now } = new Model(past, tree);
      const ordered = new Set(pairs.filter(([a, b]) => tree.compare(a, b, now) < 0).map(String));
      const isBefore = (a: string, b: string): boolean => ordered.has(`${a},${b}`);
      expect(pairs.filter(([a, b]) => isBefore(a, b) === (a === b || isBefore(b, a)))).toEqual([]);
      expect(triples.filter(([a, b, c]) => isBefore(a, b) && isBefore(b, c) && !isBefore(a, c))).toEqual([]);
    });
  });

  it('keeps the order of those that hold nothing, however long it waits', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 0, max: 10 * halfLifeMs }), (past, later) => {
        const tree = treeOf();
        const model = new Model(past, tree);
        for (const { queue, amounts: held } of model.stillHeld()) tree.charge(queue, held, -1, model.now);
        const clearlyBefore = (a: string, b: string, now: number): boolean => {
          const [one, other] = [tree.shareOf(a, now), tree.shareOf(b, now)];
          return other - one > 1e-9 * other;
        };
        const tops = model.childrenOf(null);
        for (const a of tops) {
          for (const b of tops) if (clearlyBefore(a, b, model.now)) expect(tree.compare(a, b, model.now + later)).toBeLessThan(0);
        }
      }),
      { numRuns },
    );
  });

  it('has nothing left of what was given back', () => {
    holds((past) => {
      const tree = treeOf();
      const model = new Model(past, tree);
      for (const { queue, amounts: held } of model.stillHeld()) tree.charge(queue, held, -1, model.now);
      expect(all((id, resource) => tree.usedBy(id, resource)).filter((used) => used !== 0)).toEqual([]);
    });
  });

  it('answers alike when it is restored of its snapshot', () => {
    fc.assert(
      fc.property(history, fc.constantFrom(...ids), amounts, (past, queue, asked) => {
        const tree = treeOf();
        const { now } = new Model(past, tree);
        const twin = QuotaTree.restore(halfLifeMs, JSON.parse(JSON.stringify(tree.snapshot())));
        const answers = (one: QuotaTree): unknown => [
          ids.map((id) => [one.shareOf(id, now + 10), one.compare(queue, id, now + 10), one.mayReclaim(queue, asked, id)]),
          resources.map((resource) => [one.unusedGuarantees(queue, resource), one.usedBy(queue, resource)]),
          one.blockedBy(queue, asked),
        ];
        expect(answers(twin)).toEqual(answers(tree));
      }),
      { numRuns },
    );
  });
});
