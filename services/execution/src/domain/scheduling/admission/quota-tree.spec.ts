import { heldCounts } from './meter.ts';
import type { QuotaNode } from './quota-node.ts';
import { QuotaTree } from './quota-tree.ts';

const hour = 3_600_000;

const node = (id: string, rest: Partial<QuotaNode> = {}): QuotaNode => ({
  id,
  parent: null,
  weight: 1,
  guaranteed: {},
  limit: {},
  ...rest,
});

const tree = (...nodes: QuotaNode[]): QuotaTree => {
  const result = new QuotaTree(hour);
  result.setCapacity('a100', 8_000);
  result.setCapacity('h100', 8_000);
  result.setNodes(nodes, 0);
  return result;
};

const gpus = (count: number): { a100: number } => ({ a100: count * 1_000 });

describe('the quota tree', () => {
  it('counts what a project holds for its org and for all above it', () => {
    const quotas = tree(node('lab'), node('acme', { parent: 'lab' }));
    quotas.charge('acme/vision', gpus(2), 1, 0);
    expect(['acme/vision', 'acme', 'lab'].map((id) => quotas.usedBy(id, 'a100'))).toEqual([2_000, 2_000, 2_000]);
  });

  it('names the nearest limit that a request would break', () => {
    const quotas = tree(node('acme', { limit: gpus(4) }), node('acme/vision', { parent: 'acme', limit: gpus(3) }));
    quotas.charge('acme/vision', gpus(2), 1, 0);
    expect(quotas.blockedBy('acme/vision', gpus(1))).toBeNull();
    expect(quotas.blockedBy('acme/vision', gpus(2))).toEqual({
      node: 'acme/vision',
      resource: 'a100',
      used: 2_000,
      asked: 2_000,
      limit: 3_000,
    });
    expect(quotas.blockedBy('acme/speech', gpus(3))).toEqual({ node: 'acme', resource: 'a100', used: 2_000, asked: 3_000, limit: 4_000 });
  });

  it('reads the models of GPUs in quotas in any case', () => {
    const quotas = tree(node('acme', { guaranteed: { A100: 1_000 }, limit: { A100: 2_000 } }));
    expect(quotas.isGuaranteed('acme', gpus(1))).toBe(true);
    expect(quotas.blockedBy('acme', gpus(3))).toMatchObject({ limit: 2_000 });
  });

  it('keeps a quota that was lowered below what is held as it is: nothing more, until enough is given back', () => {
    const quotas = tree(node('acme', { guaranteed: gpus(4), limit: gpus(4) }));
    quotas.charge('acme', gpus(4), 1, 0);
    quotas.setNodes([node('acme', { guaranteed: gpus(2), limit: gpus(2) })], 10);
    expect(quotas.blockedBy('acme', gpus(1))).toMatchObject({ used: 4_000, limit: 2_000 });
    expect(quotas.isOverGuarantee('acme', 'a100')).toBe(true);
    quotas.charge('acme', gpus(3), -1, 20);
    expect(quotas.blockedBy('acme', gpus(1))).toBeNull();
  });

  it('takes what an org is guaranteed for its projects, and lets one project claim its own part back from another', () => {
    const quotas = tree(
      node('acme', { guaranteed: gpus(8) }),
      node('acme/vision', { parent: 'acme', guaranteed: gpus(4) }),
      node('acme/speech', { parent: 'acme', guaranteed: gpus(4) }),
    );
    quotas.charge('acme/vision', gpus(6), 1, 0);
    quotas.charge('other', gpus(2), 1, 0);
    expect(quotas.isGuaranteed('acme/vision', gpus(2))).toBe(true);
    expect(quotas.mayReclaim('acme/speech', gpus(4), 'acme/vision')).toBe(true);
    expect(quotas.mayReclaim('acme/speech', gpus(4), 'other')).toBe(true);
    expect(quotas.mayReclaim('acme/vision', gpus(2), 'acme/speech')).toBe(false);
    expect(quotas.mayReclaim('other', gpus(2), 'acme/vision')).toBe(false);
  });

  it('refuses what is no tree, in words', () => {
    expect(() => tree(node('a', { parent: 'b' }))).toThrow('the parent of a is not there');
    expect(() => tree(node('a', { parent: 'b' }), node('b', { parent: 'a' }))).toThrow('a is above itself');
    expect(() => tree(node('a'), node('a'))).toThrow('two nodes have one id');
    expect(() => tree(node('a', { weight: 0 }))).toThrow('the weight of a is not a number above 0');
    expect(() => tree(node('a', { limit: { a100: 0.5 } }))).toThrow('an amount of a is not a whole number of thousandths');
  });

  it('does not take back more than is held', () => {
    const quotas = tree();
    quotas.charge('acme', gpus(1), 1, 0);
    expect(() => quotas.charge('acme', gpus(2), -1, 0)).toThrow('acme gives back 2000 of a100 and holds 1000');
    expect(quotas.usedBy('acme', 'a100')).toBe(1_000);
  });
});

describe('whose turn it is', () => {
  it('is that of the org with the least of what is scarcest for it', () => {
    const quotas = tree();
    quotas.charge('acme', { a100: 2_000, h100: 2_000 }, 1, 0);
    quotas.charge('beta', { a100: 3_000 }, 1, 0);
    expect(quotas.compare('acme', 'beta', 0)).toBeLessThan(0);
  });

  it('counts a weight', () => {
    const quotas = tree(node('acme', { weight: 2 }));
    quotas.charge('acme', gpus(3), 1, 0);
    quotas.charge('beta', gpus(2), 1, 0);
    expect(quotas.compare('acme', 'beta', 0)).toBeLessThan(0);
  });

  it('does not let an org gain by having many projects', () => {
    const quotas = tree();
    for (const project of ['one', 'two', 'three']) quotas.charge(`acme/${project}`, gpus(1), 1, 0);
    quotas.charge('beta', gpus(2), 1, 0);
    expect(quotas.compare('beta', 'acme/four', 0)).toBeLessThan(0);
  });

  it('remembers what was held, and half of it a half-life later', () => {
    const quotas = tree();
    quotas.charge('acme', gpus(4), 1, 0);
    quotas.charge('acme', gpus(4), -1, hour);
    const share = quotas.shareOf('acme', hour);
    expect(share).toBeCloseTo(0.25);
    expect(quotas.shareOf('acme', 2 * hour)).toBeCloseTo(share / 2);
    expect(quotas.compare('beta', 'acme', 2 * hour)).toBeLessThan(0);
  });

  it('stands still when the clock jumps back', () => {
    const quotas = tree();
    quotas.charge('acme', gpus(4), 1, 10 * hour);
    quotas.charge('acme', gpus(4), -1, 11 * hour);
    expect(quotas.shareOf('acme', 0)).toBe(quotas.shareOf('acme', 11 * hour));
    quotas.charge('acme', gpus(1), 1, 2 * hour);
    expect(quotas.shareOf('acme', 11 * hour)).toBeCloseTo(0.25 + heldCounts * 0.125);
  });

  it('is of an org before its projects where neither had anything', () => {
    expect(tree().compare('acme', 'acme/vision', 0)).toBeLessThan(0);
  });
});
