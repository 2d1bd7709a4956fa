import type { EventStore } from '@orrery/event-store';

/** What has numbers here. */
export type NumberedKind = 'user' | 'api-key';

interface Row {
  readonly id: string;
  readonly number: bigint;
}

const find = 'SELECT id, number FROM numbers WHERE kind = $1 AND id = ANY($2::uuid[])';
/** In the order of the list, so that what came first has the smaller number. */
const give = `
  INSERT INTO numbers (kind, id)
  SELECT $1, wished.id FROM unnest($2::uuid[]) WITH ORDINALITY AS wished (id, place) ORDER BY wished.place
  ON CONFLICT (kind, id) DO NOTHING`;

/** Small numbers in place of ids, for published APIs whose ids are integers. */
export class Numbers {
  constructor(private readonly store: EventStore) {}

  /** The number of each of these; what has none yet gets one. */
  async of(kind: NumberedKind, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (ids.length === 0) return new Map();
    const known = await this.known(kind, ids);
    const fresh = ids.filter((id) => !known.has(id));
    if (fresh.length === 0) return known;
    await this.store.pool.query(give, [kind, fresh]);
    return await this.known(kind, ids);
  }

  async idOf(kind: NumberedKind, number: number): Promise<string | undefined> {
    const { rows } = await this.store.pool.query<Row>('SELECT id, number FROM numbers WHERE number = $1 AND kind = $2', [number, kind]);
    return rows[0]?.id;
  }

  private async known(kind: NumberedKind, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { rows } = await this.store.pool.query<Row>(find, [kind, ids]);
    return new Map(rows.map(({ id, number }) => [id, Number(number)]));
  }
}
