import { catalog, type EventIn } from '@orrery/contracts';
import { consumer } from '@orrery/event-store';
import type { Recorded } from '@orrery/kernel';
import type pg from 'pg';
import type { Offered } from '../domain/run/run-submission.ts';

/** What this service must know of catalog and billing to accept a run, kept here so that it accepts while they are down. */
export interface Offer {
  /** In the order in which they were asked for. */
  readonly offers: readonly Offered[];
  readonly hasCredit: boolean;
  /** Suspended or deleted: it begins nothing. */
  readonly isClosed: boolean;
}

interface OfferRow {
  readonly machineType: string;
  readonly resources: catalog.Resources | null;
  readonly version: number | null;
  readonly currency: catalog.PinnedPrice['currency'] | null;
  readonly nanosPerSecond: catalog.PinnedPrice['nanosPerSecond'] | null;
  readonly isExhausted: boolean | null;
  readonly isClosed: boolean | null;
}

const offeredOf = ({ machineType, resources, version, currency, nanosPerSecond }: OfferRow): Offered => {
  const price = version && currency && nanosPerSecond !== null ? { version, currency, nanosPerSecond } : null;
  return { machineType, resources, price };
};

/** The offer of machine types to an organization, as far as we have heard. */
export const offersOf = async (database: Pick<pg.Pool, 'query'>, machineTypes: readonly string[], orgId: string): Promise<Offer> => {
  const { rows } = await database.query<OfferRow>({
    name: 'offer',
    text: `SELECT asked.name AS "machineType", m.resources, b.version::int, b.currency, p.nanos_per_second AS "nanosPerSecond",
        c.is_exhausted AS "isExhausted", s.is_closed AS "isClosed"
      FROM unnest($1::text[]) WITH ORDINALITY asked(name, place)
      LEFT JOIN offered_machine_types m ON m.name = asked.name AND m.is_offered
      LEFT JOIN LATERAL (SELECT * FROM price_books WHERE effective_at <= now() ORDER BY version DESC LIMIT 1) b ON true
      LEFT JOIN run_prices p ON p.book = b.version AND p.machine_type = asked.name
      LEFT JOIN credit_states c ON c.org_id = $2::uuid
      LEFT JOIN org_standings s ON s.org_id = $2::uuid
      ORDER BY asked.place`,
    values: [machineTypes, orgId],
  });
  const [row] = rows;
  return { offers: rows.map(offeredOf), hasCredit: row?.isExhausted !== true, isClosed: row?.isClosed === true };
};

const { MachineTypePublished, MachineTypeRetired, PriceBookPublished } = catalog.CatalogEvents;

type Heard<C extends typeof MachineTypePublished | typeof MachineTypeRetired | typeof PriceBookPublished> = Recorded<EventIn<C>>;

const publish = async ({ event, version }: Heard<typeof MachineTypePublished>, client: pg.ClientBase): Promise<void> => {
  await client.query(
    `INSERT INTO offered_machine_types AS t (name, resources, is_offered, version) VALUES ($1, $2, true, $3)
     ON CONFLICT (name) DO UPDATE SET resources = excluded.resources, is_offered = true, version = excluded.version
     WHERE t.version < excluded.version`,
    [event.data.name, JSON.stringify(event.data.resources), version],
  );
};

const retire = async ({ event, version }: Heard<typeof MachineTypeRetired>, client: pg.ClientBase): Promise<void> => {
  await client.query(
    `INSERT INTO offered_machine_types AS t (name, resources, is_offered, version) VALUES ($1, '{}', false, $2)
     ON CONFLICT (name) DO UPDATE SET is_offered = false, version = excluded.version WHERE t.version < excluded.version`,
    [event.data.name, version],
  );
};

const price = async ({ event }: Heard<typeof PriceBookPublished>, client: pg.ClientBase): Promise<void> => {
  const { version, currency, effectiveAt, prices } = event.data;
  const runs = prices.filter(({ meter }) => meter === 'run.seconds');
  await client.query('INSERT INTO price_books (version, currency, effective_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
    version,
    currency,
    effectiveAt,
  ]);
  await client.query(
    `INSERT INTO run_prices (book, machine_type, nanos_per_second) SELECT $1, * FROM unnest($2::text[], $3::text[]) ON CONFLICT DO NOTHING`,
    [version, runs.map(({ resource }) => resource), runs.map(({ nanosPerUnit }) => nanosPerUnit)],
  );
};

/** Late or repeated events change nothing: a row remembers which step of its stream it is. */
export const offersConsumer = consumer({
  service: 'execution',
  name: 'offers',
  events: [MachineTypePublished, MachineTypeRetired, PriceBookPublished],
  write: async (heard, client) => {
    switch (heard.event.type) {
      case 'MachineTypePublished':
        return await publish({ ...heard, event: heard.event }, client);
      case 'MachineTypeRetired':
        return await retire({ ...heard, event: heard.event }, client);
      case 'PriceBookPublished':
        return await price({ ...heard, event: heard.event }, client);
    }
  },
});
