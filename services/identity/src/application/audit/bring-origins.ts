import { randomUUID } from 'node:crypto';
import { billing, type EventOrigin, execution, type RequestContext } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { type Bus, refuse } from '@orrery/messaging';
import type { z } from 'zod';
import type { Chore } from '../chores.ts';
import type { AddressMac } from './address-mac.ts';
import { OriginSeal } from './origin-seal.ts';

type Origin = z.output<typeof EventOrigin>;

export interface OriginParts {
  readonly store: EventStore;
  readonly bus: Bus;
  readonly mac: AddressMac;
}

interface Waiting {
  readonly scope: string;
  readonly id: string;
}

const everyMs = 250;
/** Rows at a time; no answer has room for more events. */
const most = 500;
const askMs = 2_000;
/** How long a service that did not answer is left in peace. */
const restMs = 5_000;
const asked = { execution: execution.ReadOrigins, billing: billing.ReadOrigins } as const;
/** Each log tells the origins of its own facts; of the catalog nobody but operators makes any, and theirs are not told. */
const sources = ['identity', 'execution', 'billing'] as const;
type Source = (typeof sources)[number];

const contextAt = (now: number): RequestContext => {
  const id = randomUUID();
  const principal = { kind: 'service', name: 'identity' } as const;
  return { principal, commandId: id, idempotent: false, correlationId: id, causationId: 'audit-origins', deadlineAt: now + askMs };
};

/** The rows as they are now: what was erased meanwhile stays so, and of whom nothing is left nothing is kept. */
const fill = `
  UPDATE audit_entries e SET awaits_origin = false, person = r.person, origin = r.origin, ip_mac = r.mac
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::jsonb[], $5::text[]) AS r (scope, id, person, origin, mac)
  WHERE e.scope = r.scope AND e.id = r.id AND e.awaits_origin AND EXISTS (SELECT 1 FROM users u WHERE u.id = r.person::uuid)`;

const settle = 'UPDATE audit_entries SET awaits_origin = false WHERE id = ANY($1::uuid[]) AND source = $2 AND awaits_origin';

const isPerson = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Brings to each entry where its request came from, out of the log that keeps it: many at once, and soon after the entry is there. */
export const bringOrigins = ({ store, bus, mac }: OriginParts): Chore => {
  const seal = new OriginSeal(store);
  const restsUntil = new Map<Source, number>();

  const read = async (source: Source, ids: readonly string[]): Promise<readonly Origin[]> => {
    if (source === 'identity') return await store.originsOf(ids);
    const { items } = refuse(await bus.ask(asked[source], { ids: [...ids] }, contextAt(systemClock.now()))).value;
    return items;
  };

  const bring = async (source: Source): Promise<void> => {
    const { rows } = await store.pool.query<Waiting>({
      name: 'identity-audit-awaiting',
      text: 'SELECT scope, id FROM audit_entries WHERE awaits_origin AND source = $1 ORDER BY id LIMIT $2',
      values: [source, most],
    });
    if (rows.length === 0) return;
    const ids = [...new Set(rows.map(({ id }) => id))];
    const origins = new Map((await read(source, ids)).map((origin) => [origin.id, origin]));
    const filled = await Promise.all(
      rows.flatMap((row) => {
        const origin = origins.get(row.id);
        if (!origin || !isPerson.test(origin.person)) return [];
        const macOf = mac.of(row.scope, origin.ip);
        return [seal.seal(row, origin).then((sealed) => ({ ...row, person: origin.person, sealed, mac: macOf }))];
      }),
    );
    await store.pool.query(fill, [
      filled.map(({ scope }) => scope),
      filled.map(({ id }) => id),
      filled.map(({ person }) => person),
      filled.map(({ sealed }) => JSON.stringify(sealed)),
      filled.map((row) => row.mac),
    ]);
    await store.pool.query(settle, [ids, source]);
  };

  return {
    everyMs,
    work: async () => {
      const failures: unknown[] = [];
      for (const source of sources) {
        if ((restsUntil.get(source) ?? 0) > systemClock.now()) continue;
        await bring(source).catch((error: unknown) => {
          restsUntil.set(source, systemClock.now() + restMs);
          failures.push(error);
        });
      }
      if (failures.length > 0) throw new AggregateError(failures, 'the origins of some entries of the audit trail are still to come');
    },
  };
};
