import type { execution } from '@orrery/contracts';
import fc from 'fast-check';
import { runId } from '../../../test/facts.ts';
import { type InventoryItem, type OpenAttempt, reconcile } from './reconcile.ts';
import { isExpired, isGone, isSilent, type Patience } from './silence.ts';

const believing = (...open: readonly OpenAttempt[]) => ({ open, justEnded: new Map<string, number>() });
const patience: Patience = { silenceMs: 30_000, leaseMs: 60_000 };
const ref = { runId: runId(), attempt: 1, epoch: 1 };
const attempt = (change: Partial<OpenAttempt> = {}): OpenAttempt => ({
  ...ref,
  isAcknowledged: true,
  missingForMs: null,
  wish: null,
  ...change,
});
const item = (change: Partial<InventoryItem> = {}): InventoryItem => ({ ...ref, phase: 'running', ...change });

describe('what a machine holds against what it should hold', () => {
  it('renews what both agree on', () => {
    expect(reconcile([item()], believing(attempt()), patience)).toEqual({ renewed: [ref], kill: [], end: [], missing: [], lost: [] });
  });

  it('kills what was never given to it, and what has been given away', () => {
    expect(reconcile([item()], believing(), patience).kill).toEqual([ref]);
    expect(reconcile([item()], believing(attempt({ attempt: 2, epoch: 2 })), patience).kill).toEqual([ref]);
  });

  it('leaves an ended attempt to its report', () => {
    expect(reconcile([item({ phase: 'ended' })], believing(), patience).kill).toEqual([]);
  });

  it('does not kill what it has reported the end of while its beat was on the way', () => {
    const justEnded = new Map([[ref.runId as string, 1]]);
    expect(reconcile([item()], { open: [], justEnded }, patience).kill).toEqual([]);
    expect(reconcile([item({ attempt: 2, epoch: 2 })], { open: [], justEnded }, patience).kill).toHaveLength(1);
  });

  it('says again how to end what was asked to end', () => {
    const wish = { mode: 'abort', reason: 'aborted' } as const;
    expect(reconcile([item()], believing(attempt({ wish })), patience).end).toEqual([{ ...ref, ...wish }]);
    expect(reconcile([item({ phase: 'ended' })], believing(attempt({ wish })), patience).end).toEqual([]);
  });

  it('believes an attempt gone when later beats lack it too, not at the first', () => {
    expect(reconcile([], believing(attempt()), patience)).toMatchObject({ missing: [ref], lost: [] });
    expect(reconcile([], believing(attempt({ missingForMs: 7_499 })), patience)).toMatchObject({ missing: [ref], lost: [] });
    expect(reconcile([], believing(attempt({ missingForMs: 7_500 })), patience)).toMatchObject({ missing: [ref], lost: [ref] });
  });

  it('does not miss what it was not heard to accept', () => {
    expect(reconcile([], believing(attempt({ isAcknowledged: false, missingForMs: 99_000 })), patience)).toMatchObject({
      missing: [],
      lost: [],
    });
  });

  it('never both renews and kills, and judges everything that it is told of', () => {
    const runs = fc.integer({ min: 1, max: 6 }).map((n) => runId(n));
    const epoch = fc.integer({ min: 1, max: 2 });
    const phase = fc.constantFrom('accepted' as const, 'running' as const, 'ended' as const);
    const items = fc.uniqueArray(fc.record({ runId: runs, epoch, phase }), { selector: (one) => one.runId });
    const opens = fc.uniqueArray(fc.record({ runId: runs, epoch, isAcknowledged: fc.boolean() }), { selector: (one) => one.runId });
    const key = (one: execution.AttemptRef): string => `${one.runId} ${one.epoch}`;
    fc.assert(
      fc.property(items, opens, (held, believed) => {
        const inventory = held.map((one) => item({ ...one, attempt: one.epoch }));
        const open = believed.map((one) => attempt({ ...one, attempt: one.epoch }));
        const judged = reconcile(inventory, believing(...open), patience);
        const renewed = new Set(judged.renewed.map(key));
        const killed = new Set(judged.kill.map(key));
        const missing = new Set(judged.missing.map(key));
        expect([...killed].filter((one) => renewed.has(one))).toEqual([]);
        expect(inventory.filter((one) => one.phase !== 'ended' && !renewed.has(key(one)) && !killed.has(key(one)))).toEqual([]);
        expect(open.filter((one) => one.isAcknowledged && !renewed.has(key(one)) && !missing.has(key(one)))).toEqual([]);
      }),
    );
  });
});

describe('silence', () => {
  it('makes a machine lost after a while, counted only while somebody listened', () => {
    expect(isSilent(30_000, 99_000, patience)).toBe(false);
    expect(isSilent(30_001, 99_000, patience)).toBe(true);
    expect(isSilent(99_000, 30_000, patience)).toBe(false);
  });

  it('ends a lease only after its machine could have renewed it', () => {
    expect(isExpired(0, 99_000, patience)).toBe(false);
    expect(isExpired(1, 99_000, patience)).toBe(true);
    expect(isExpired(1, 12_000, patience)).toBe(false);
    expect(isExpired(1, 12_001, patience)).toBe(true);
  });

  it('of beats about an attempt makes it gone after a share of the same time', () => {
    expect(isGone(7_499, patience)).toBe(false);
    expect(isGone(7_500, patience)).toBe(true);
  });
});
