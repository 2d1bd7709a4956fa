import { auditFactOf } from '@orrery/contracts';
import type { Metadata, Origin } from '@orrery/kernel';
import type pg from 'pg';
import { erased } from './cloud-event.ts';
import type { Sealer } from './sealer.ts';

/** Where a sealed origin lies in stored metadata. */
const originField = '$origin';
const personal = { of: 'person', fields: ['ip', 'userAgent'] } as const;

/** Whence a request came that made a fact. `person`: whoever it tells of, and with whose key it goes. */
export interface EventOrigin {
  readonly id: string;
  readonly person: string;
  readonly ip: string;
  readonly userAgent: string | null;
}

type SealOrigin = (eventId: string, type: string, data: object) => Promise<string | undefined>;

/**
 * The metadata of an event with its origin in it, as it is stored; undefined for what is not audited, and so keeps none. It is
 * sealed with the key of the person who asked, else of the one whom the fact tells of, else of the kind of caller.
 */
export const originSeal =
  (sealer: Sealer, metadata: Metadata, { of, ip, userAgent }: Origin): SealOrigin =>
  async (eventId, type, data) => {
    const fact = auditFactOf(type);
    if (!fact) return undefined;
    const told: unknown = fact.person && Reflect.get(data, fact.person);
    const person = of ?? (typeof told === 'string' ? told : metadata.actor);
    const { data: sealed } = await sealer.seal(personal, { person, ip, userAgent: userAgent ?? null }, eventId);
    return JSON.stringify({ ...metadata, [originField]: sealed });
  };

export const withoutOrigin = (metadata: Metadata): Metadata => {
  if (!(originField in metadata)) return metadata;
  const { [originField]: _, ...rest } = metadata;
  return rest;
};

interface SealedOrigin {
  readonly person: string;
}

export const originsOf = async (pool: pg.Pool, sealer: Sealer, eventIds: readonly string[]): Promise<readonly EventOrigin[]> => {
  const { rows } = await pool.query<{ id: string; origin: SealedOrigin }>({
    name: 'orrery-origins-of',
    text: `SELECT id, metadata -> '${originField}' AS origin FROM events WHERE id = ANY($1::uuid[]) AND metadata -> '${originField}' IS NOT NULL`,
    values: [eventIds],
  });
  if (rows.length === 0) return [];
  const keys = await sealer.keysOf(rows.map(({ origin }) => origin.person));
  return rows.flatMap(({ id, origin }) => {
    // It was an origin when it was sealed, and the seal says that nobody touched it.
    const opened = sealer.unseal(origin, keys.get(origin.person), id) as Omit<EventOrigin, 'id'>;
    return opened.ip === erased ? [] : [{ id, ...opened }];
  });
};
