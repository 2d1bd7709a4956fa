import type { execution, OrgId } from '@orrery/contracts';
import { type EventStore, openEnveloped, sealEnveloped, sealedKeys, table, text, uuid, type Write, write } from '@orrery/event-store';

/** The values, each under a data key of its own, which lies beside it under the key-encryption key. */
const variableValues = table({
  table: 'variable_values',
  columns: { variableId: uuid<execution.VariableId>(), orgId: uuid<OrgId>(), sealedKey: text(), box: text() },
  key: ['variableId'],
});

type Store = Pick<EventStore, 'sealer' | 'pool'>;

interface Value {
  readonly variableId: execution.VariableId;
  readonly orgId: OrgId;
}

/** Moved to another variable, or to another organization, a value cannot be opened. */
const variableBinding = ({ variableId, orgId }: Readonly<Record<keyof Value, string>>): string => `variable ${orgId} ${variableId}`;

/** For a change of the key-encryption key. */
export const variableKeys = sealedKeys({
  table: 'variable_values',
  column: 'sealed_key',
  key: { variable_id: 'uuid' },
  also: ['org_id'],
  bindingOf: ({ variable_id: variableId = '', org_id: orgId = '' }) => variableBinding({ variableId, orgId }),
});

export const keepValue = ({ sealer }: Store, { variableId, orgId }: Value, value: string): Write => {
  const { sealedKey, box } = sealEnveloped(sealer, value, variableBinding({ variableId, orgId }));
  return write(variableValues, { put: { variableId, orgId, sealedKey, box } });
};

export const forgetValue = (variableId: execution.VariableId): Write => write(variableValues, { drop: { variableId } });

interface NamedBox extends Value {
  readonly name: string;
  readonly sealedKey: string;
  readonly box: string;
}

const openedOf = ({ sealer }: Store, { variableId, orgId, sealedKey, box }: NamedBox): string =>
  openEnveloped(sealer, { sealedKey, box }, variableBinding({ variableId, orgId }));

const named = `SELECT s.variable_id AS "variableId", s.org_id AS "orgId", v.name, s.sealed_key AS "sealedKey", s.box
  FROM variables v JOIN variable_values s ON s.variable_id = v.id WHERE v.org_id = $1`;

/** What programs of the organization find in their environment. */
export const environmentOf = async (store: Store, orgId: string): Promise<Readonly<Record<string, string>>> => {
  const { rows } = await store.pool.query<NamedBox>({ name: 'environment-of-org', text: named, values: [orgId] });
  return Object.fromEntries(rows.map((row) => [row.name, openedOf(store, row)]));
};

/** Values that are no secrets, to be shown. */
export const shownValues = async (store: Store, orgId: string): Promise<ReadonlyMap<execution.VariableId, string>> => {
  const { rows } = await store.pool.query<NamedBox>({
    name: 'shown-variables-of-org',
    text: `${named} AND NOT v.is_secret`,
    values: [orgId],
  });
  return new Map(rows.map((row) => [row.variableId, openedOf(store, row)]));
};
