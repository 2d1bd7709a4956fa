import { billing, execution, inference, instantOf, newId, parseNanos } from '@orrery/contracts';
import { type Consumer, consumer, type Handle, type Reaction } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import type { Command, Event, Refusal, State } from '../domain/ledger.ts';
import { ledgerStream } from './ledger-stream.ts';

type LedgerHandle = Handle<Command, Event, State, Refusal>;
type RunEnd = Extract<execution.ExecutionEvent, { type: (typeof execution.runEndTypes)[number] }>['data'];

/** The account is not there yet, or something is wrong with the charge: it is tried again, and kept as a dead letter in the end. */
class ChargeRefused extends Error {
  override readonly name = 'ChargeRefused';
}

const charge = async (ledger: LedgerHandle, run: RunEnd, { context, inbox, metadata }: Reaction): Promise<void> => {
  const { runId, machineType, price, ranMs, startedAt, endedAt } = run;
  if (ranMs === 0) return;
  if (metadata.orgId === undefined) throw new ChargeRefused(`run ${runId} names no organization`);
  const stream = ledgerStream(metadata.orgId);
  const transactionId = newId(billing.TransactionId);
  const at = instantOf(systemClock.now());
  const command = { type: 'Charge', transactionId, runId, machineType, price, ranMs, startedAt, endedAt, at } as const;
  const handled = await ledger(stream, command, context, {
    inbox,
    // The inbox knows this event; the claim knows the run, whatever event tells of its end.
    claims: () => [{ scope: 'charge', key: runId, take: stream }],
    taken: () => ({ code: 'AlreadyCharged', details: {} }),
  });
  if (!handled.accepted && handled.rejection.code !== 'AlreadyCharged') {
    throw new ChargeRefused(`run ${runId} could not be charged: ${handled.rejection.code}`);
  }
};

/** Charges each run once, when it has ended, for the time it ran. */
export const chargesConsumer = (ledger: LedgerHandle): Consumer => {
  const { RunCompleted, RunFailed, RunSystemFailed, RunCancelled, RunAborted } = execution.ExecutionEvents;
  return consumer({
    service: 'billing',
    name: 'charges',
    events: [RunCompleted, RunFailed, RunSystemFailed, RunCancelled, RunAborted],
    react: async ({ event }, reaction) => {
      await charge(ledger, event.data, reaction);
      return undefined;
    },
  });
};

/**
 * Charges what requests for inference came to, once for each settlement: the inference log has each request in one. What cost nothing moves nothing.
 */
export const inferenceConsumer = (ledger: LedgerHandle): Consumer =>
  consumer({
    service: 'billing',
    name: 'inference',
    events: [inference.InferenceEvents.UsageSettled],
    react: async ({ event: { data: settlement } }, { context, inbox }) => {
      const { settlementId, orgId, cost } = settlement;
      if (parseNanos(cost) === 0n) return undefined;
      const stream = ledgerStream(orgId);
      const at = instantOf(systemClock.now());
      const command = { type: 'ChargeInference', transactionId: newId(billing.TransactionId), settlement, at } as const;
      const handled = await ledger(stream, command, context, {
        inbox,
        claims: () => [{ scope: 'settlement', key: settlementId, take: stream }],
        taken: () => ({ code: 'AlreadyCharged', details: {} }),
      });
      if (!handled.accepted && handled.rejection.code !== 'AlreadyCharged') {
        throw new ChargeRefused(`settlement ${settlementId} could not be charged: ${handled.rejection.code}`);
      }
      return undefined;
    },
  });
