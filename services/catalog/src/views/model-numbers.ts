import type { catalog } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';

interface Row {
  readonly modelId: catalog.ModelId;
  readonly number: bigint;
}

/** In the order of the list, so that what came first has the smaller number; a number that is there is kept. */
const give = `
  INSERT INTO model_numbers (model_id)
  SELECT wished.id FROM unnest($1::uuid[]) WITH ORDINALITY AS wished (id, place) ORDER BY wished.place
  ON CONFLICT (model_id) DO NOTHING`;

/** Small numbers in place of ids, for published APIs whose ids are integers. */
export class ModelNumbers {
  constructor(private readonly store: EventStore) {}

  /** The number of each of these; what has none yet gets one. */
  async of(modelIds: readonly catalog.ModelId[]): Promise<ReadonlyMap<catalog.ModelId, number>> {
    if (modelIds.length === 0) return new Map();
    const known = await this.known(modelIds);
    const fresh = modelIds.filter((id) => !known.has(id));
    if (fresh.length === 0) return known;
    await this.store.pool.query(give, [fresh]);
    return await this.known(modelIds);
  }

  async idOf(number: number): Promise<catalog.ModelId | undefined> {
    const { rows } = await this.store.pool.query<Row>('SELECT model_id AS "modelId", number FROM model_numbers WHERE number = $1', [
      number,
    ]);
    return rows[0]?.modelId;
  }

  private async known(modelIds: readonly catalog.ModelId[]): Promise<ReadonlyMap<catalog.ModelId, number>> {
    const text = 'SELECT model_id AS "modelId", number FROM model_numbers WHERE model_id = ANY($1::uuid[])';
    const { rows } = await this.store.pool.query<Row>(text, [modelIds]);
    return new Map(rows.map(({ modelId, number }) => [modelId, Number(number)]));
  }
}
