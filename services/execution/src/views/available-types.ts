import type { catalog, execution, OutputOf } from '@orrery/contracts';
import type pg from 'pg';
import { type Capacity, couldHold } from '../domain/scheduling/live/capacity.ts';

interface Kind {
  readonly facts: Capacity;
  readonly pool: string | null;
  readonly machines: number;
}

/** Connected machines by what they are made of: a thousand of one kind are one row. */
const kindsOf = async (database: Pick<pg.Pool, 'query'>): Promise<readonly Kind[]> => {
  const { rows } = await database.query<Kind>({
    name: 'kinds-of-machines',
    text: `SELECT jsonb_set(w.facts - 'hostname' - 'agentVersion' - 'os', '{gpus}', g.gpus) AS facts, w.pool, count(*)::int AS machines
      FROM workers w, LATERAL (
        SELECT coalesce(jsonb_agg(gpu - 'uuid' - 'fault' ORDER BY (gpu->>'index')::int), '[]') AS gpus
        FROM jsonb_array_elements(w.facts->'gpus') gpu) g
      WHERE NOT w.is_lost AND NOT w.is_cordoned GROUP BY 1, 2`,
  });
  return rows;
};

interface Offered {
  readonly name: string;
  readonly resources: catalog.Resources;
}

/** What can be rented at a price, whether or not a machine could take it. */
export const offeredTypes = async (database: Pick<pg.Pool, 'query'>): Promise<readonly Offered[]> => {
  const { rows } = await database.query<Offered>({
    name: 'offered-types',
    text: `SELECT m.name, m.resources FROM offered_machine_types m
      JOIN run_prices p ON p.machine_type = m.name AND p.book = (
        SELECT version FROM price_books WHERE effective_at <= now() ORDER BY version DESC LIMIT 1)
      WHERE m.is_offered ORDER BY m.name`,
  });
  return rows;
};

/** What can be had now: offered at a price, and on a connected machine. */
export const availableTypes = async (
  database: Pick<pg.Pool, 'query'>,
): Promise<OutputOf<typeof execution.ListAvailableMachineTypes>['items']> => {
  const [kinds, offered] = await Promise.all([kindsOf(database), offeredTypes(database)]);
  return offered.flatMap(({ name, resources }) => {
    const fitting = kinds.filter(({ facts, pool }) => couldHold(facts, pool, resources));
    const machines = fitting.reduce((sum, kind) => sum + kind.machines, 0);
    return machines > 0 ? [{ name, machines }] : [];
  });
};
