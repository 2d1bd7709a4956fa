import type { execution, OrgId } from '@orrery/contracts';
import { boolean, instant, type RowOf, text, uuid, view } from '@orrery/event-store';
import { type ExecutionFact, isOfEnvironment } from './kinds.ts';

const columns = {
  id: uuid<execution.VariableId>(),
  orgId: uuid<OrgId>(),
  name: text(),
  isSecret: boolean(),
  createdAt: instant(),
  updatedAt: instant(),
};

export type VariableRow = RowOf<typeof columns>;

/** The environment variables of organizations, without their values. */
export const variables = view({
  name: 'variables',
  table: 'variables',
  columns,
  key: ['id'],
  indexes: [['orgId', 'name']],
  fold: (fact: ExecutionFact) => {
    if (!isOfEnvironment(fact)) return [];
    const { event } = fact;
    // Each of its variables was removed.
    if (event.type === 'EnvironmentClosed') return [];
    const { variableId: id } = event.data;
    if (event.type === 'VariableRemoved') return [{ drop: { id } }];
    const { orgId, name, isSecret, isNew, at } = event.data;
    if (!isNew) return [{ patch: { id }, set: { isSecret, updatedAt: at } }];
    return [{ put: { id, orgId, name, isSecret, createdAt: at, updatedAt: at } }];
  },
});
