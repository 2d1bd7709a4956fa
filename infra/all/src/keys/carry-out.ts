import { type EventStore, keysInUse, rotateKeys } from '@orrery/event-store';
import type { Environment, Service, ServiceLog } from '@orrery/process';
import type { Outcome } from '../events/carry-out.ts';
import { withStore } from '../events/open-log.ts';
import { servicesNamed } from '../services-named.ts';
import type { KeysCommand } from './command.ts';

const carryOutFor = async (store: EventStore, { does }: KeysCommand, { name: service, sealed = [] }: ServiceLog): Promise<Outcome> => {
  const resealed = does === 'rotate' ? await rotateKeys(store, sealed) : [];
  const uses = await keysInUse(store, sealed);
  return {
    ok: uses.every(({ isCurrent }) => isCurrent),
    lines: [
      ...resealed.map(({ table, rows }) => ({ service, table, resealed: rows })),
      ...uses.map(({ table, key, isCurrent, rows }) => ({ service, table, key, isCurrent, rows })),
    ],
  };
};

/** One service after the other: what one of them has done stays done where the next one cannot be reached. */
export const carryOutKeys = async (command: KeysCommand, services: readonly Service[], env: Environment): Promise<Outcome> => {
  const outcomes: Outcome[] = [];
  for (const { log } of servicesNamed(services, command.services)) {
    outcomes.push(await withStore(log, env, (store) => carryOutFor(store, command, log)));
  }
  return { ok: outcomes.every(({ ok }) => ok), lines: outcomes.flatMap(({ lines }) => lines) };
};
