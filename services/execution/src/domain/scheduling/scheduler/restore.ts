import type { Core } from './core.ts';
import type { Entry } from './entry.ts';
import type { Ledger } from './ledger.ts';
import type { RequestSnapshot, SchedulerSnapshot } from './snapshot.ts';

const nobody: readonly number[] = [];

export const requestOf = ({ request, notBefore, avoid, preemptions, running }: Entry): RequestSnapshot => {
  if (!running) return { request, notBefore, avoid, preemptions, placed: null, vacated: nobody, preemptingAt: null };
  const { choice, seats, at, isBorrowed, holds, preemptingAt } = running;
  const vacated = [...holds.keys()].filter((member) => holds[member] === null);
  return { request, notBefore, avoid, preemptions, placed: { choice, seats, at, isBorrowed }, vacated, preemptingAt };
};

export const snapshotOf = (core: Core): SchedulerSnapshot => {
  const reservations = [...core.reservations].sort((a, b) => a.number - b.number);
  return {
    usage: core.tree.snapshot(),
    promises: core.promises,
    machines: core.cluster.snapshot(),
    requests: [...core.entries.values()].map(requestOf),
    reservations: reservations.map(({ entry, at, choice, seats, level }) => ({ request: entry.request.id, at, choice, seats, level })),
    mixes: [...core.allPlacers].map(([name, placer]) => [name, placer.reading()]),
  };
};

const restoreRequest = (core: Core, ledger: Ledger, saved: RequestSnapshot): void => {
  const { id } = saved.request;
  ledger.submit(saved.request);
  const entry = core.entries.get(id);
  if (!entry) return;
  entry.notBefore = saved.notBefore;
  entry.avoid = saved.avoid;
  entry.preemptions = saved.preemptions;
  if (saved.placed) ledger.resume(entry, saved.placed, saved);
  // Whoever has only been submitted stands where it has to already.
  else if (saved.notBefore > 0 || saved.preemptions > 0) core.queues.restand(entry);
};

/** Into one that nobody has told anything yet. */
export const restoreInto = (core: Core, ledger: Ledger, snapshot: SchedulerSnapshot): void => {
  core.admission.isFree = snapshot.usage.configured.length === 0;
  ledger.setPromises(snapshot.promises);
  for (const { size, isOpen, closedGpus } of snapshot.machines) {
    core.cluster.add(size);
    if (closedGpus.length > 0) core.cluster.closeGpus(size.id, closedGpus);
    if (!isOpen) core.cluster.open(size.id, false);
  }
  for (const saved of snapshot.requests) restoreRequest(core, ledger, saved);
  for (const saved of snapshot.reservations) {
    const entry = core.entries.get(saved.request);
    const need = entry?.shape.ask.choices[saved.choice];
    const { at, choice, seats, level } = saved;
    if (entry && need) ledger.keep({ entry, need, at, choice, seats, level, number: core.reservations.next() });
  }
  for (const [name, reading] of snapshot.mixes) core.placerNamed(name).expect(reading);
};
