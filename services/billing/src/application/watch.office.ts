import { repeat } from '@orrery/kernel';
import type { Term } from '@orrery/process';
import { type Log, metrics } from '@orrery/telemetry';
import { checkLedger } from '../views/ledger-check.ts';
import { type CreditParts, stopExhausted } from './credit.runner.ts';

/** Who watches credit and ledger: one process for all replicas. Two would ask everything twice, and harm nothing. */
export const watchOffice = 'watch';

export interface WatchParts extends Omit<CreditParts, 'signal'> {
  readonly log: Log;
}

const creditEveryMs = 1_000;
const checkEveryMs = 60_000;

const check = async ({ store, log }: WatchParts, signal: AbortSignal): Promise<void> => {
  const { differences } = await checkLedger(store, signal);
  if (signal.aborted) return;
  metrics.ledgerDifferences.record(differences.length, { service: 'billing' });
  if (differences.length > 0) log.error({ differences }, 'balances and entries differ');
};

/** Each goes on by itself: what keeps one from its work need not keep the other. */
export const serveWatch =
  (parts: WatchParts) =>
  async ({ signal }: Term): Promise<void> => {
    const told = (message: string) => (err: unknown) => parts.log.warn({ err }, message);
    await Promise.all([
      repeat(() => stopExhausted({ ...parts, signal }), { everyMs: creditEveryMs, signal, failed: told('credit could not be watched') }),
      repeat(() => check(parts, signal), { everyMs: checkEveryMs, signal, failed: told('the ledger could not be checked') }),
    ]);
  };
