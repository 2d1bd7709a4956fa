import { execution } from '@orrery/contracts';
import fc from 'fast-check';
import { runId, workerId } from '../../../test/facts.ts';
import { type InventoryItem, missingGraceMs, type OpenAttempt, reconcile } from './reconcile.ts';
import { hearingGraceMs, isExpired, isSilent, silenceMs } from './silence.ts';

const now = 1_000_000;
const attempt = (change: Partial<OpenAttempt> = {}): OpenAttempt => ({
  runId: runId(),
  attempt: 1,
  epoch: 1,
  workerId: workerId(),
  isAcknowledged: true,
  leaseExpiresAt: now + 60_000,
  missingSince: null,
  wish: null,
  ...change,
});
const item = (change: Partial<InventoryItem> = {}): InventoryItem => ({
  runId: runId(),
  attempt: 1,
  epoch: 1,
  phase: 'running',
  ...change,
});
const ref = { runId: runId(), attempt: 1, epoch: 1 };

describe('what a machine holds against what it should hold', () => {
  it('renews what both agree on', () => {
    expect(reconcile([item()], [attempt()], now)).toEqual({ renewed: [attempt()], kill: [], end: [], missing: [], lost: [] });
  });

  it('kills what was never given to it, and what has been given away', () => {
    expect(reconcile([item()], [], now).kill).toEqual([ref]);
    expect(reconcile([item()], [attempt({ attempt: 2, epoch: 2 })], now).kill).toEqual([ref]);
  });

  it('leaves an ended attempt to its report', () => {
    expect(reconcile([item({ phase: 'ended' })], [], now).kill).toEqual([]);
  });

  it('says again how to end what was asked to end', () => {
    const wish = { mode: 'abort', reason: 'aborted' } as const;
    expect(reconcile([item()], [attempt({ wish })], now).end).toEqual([{ ...ref, ...wish }]);
    expect(reconcile([item({ phase: 'ended' })], [attempt({ wish })], now).end).toEqual([]);
  });

  it('believes an attempt gone when later beats lack it too, not at the first', () => {
    expect(reconcile([], [attempt()], now)).toMatchObject({ missing: [attempt()], lost: [] });
    const missed = attempt({ missingSince: now - missingGraceMs });
    expect(reconcile([], [missed], now).lost).toEqual([missed]);
    expect(reconcile([], [attempt({ missingSince: now - missingGraceMs + 1 })], now).lost).toEqual([]);
  });

  it('does not miss what it was not heard to accept', () => {
    expect(reconcile([], [attempt({ isAcknowledged: false, missingSince: 1 })], now)).toMatchObject({ missing: [], lost: [] });
  });

  it('never both renews and kills, and judges everything that it is told of', () => {
    const runs = fc.integer({ min: 1, max: 6 }).map((n) => runId(n));
    const epochs = fc.integer({ min: 1, max: 2 });
    const items = fc.uniqueArray(
      fc.record({ runId: runs, epoch: epochs, phase: fc.constantFrom('accepted' as const, 'running' as const, 'ended' as const) }),
      { selector: (one) => one.runId },
    );
    const opens = fc.uniqueArray(fc.record({ runId: runs, epoch: epochs, isAcknowledged: fc.boolean() }), { selector: (one) => one.runId });
    fc.assert(
      fc.property(items, opens, (held, believed) => {
        const inventory = held.map((one) => item({ ...one, attempt: one.epoch }));
        const open = believed.map((one) => attempt({ ...one, attempt: one.epoch }));
        const { renewed, kill, missing } = reconcile(inventory, open, now);
        const key = ({ runId: id, epoch }: execution.AttemptRef): string => `${id} ${epoch}`;
        const renewedKeys = new Set(renewed.map(key));
        expect(kill.filter((one) => renewedKeys.has(key(one)))).toEqual([]);
        const ended = inventory.filter(({ phase }) => phase === 'ended').map(key);
        expect(
          inventory.every((one) => renewedKeys.has(key(one)) || kill.some((k) => key(k) === key(one)) || ended.includes(key(one))),
        ).toBe(true);
        expect(open.every((one) => !one.isAcknowledged || renewedKeys.has(key(one)) || missing.includes(one))).toBe(true);
      }),
    );
  });
});

describe('silence', () => {
  it('makes a machine lost after a while, counted only while somebody listened', () => {
    expect(isSilent(now - silenceMs, 0, now)).toBe(false);
    expect(isSilent(now - silenceMs - 1, 0, now)).toBe(true);
    expect(isSilent(0, now - silenceMs, now)).toBe(false);
  });

  it('ends a lease only after its machine could have renewed it', () => {
    expect(isExpired(now, 0, now)).toBe(false);
    expect(isExpired(now - 1, 0, now)).toBe(true);
    expect(isExpired(0, now - hearingGraceMs, now)).toBe(false);
    expect(isExpired(0, now - hearingGraceMs - 1, now)).toBe(true);
  });
});
