import { z } from 'zod';
import { command, query } from '../../define.ts';
import { PageRequest, pageOf } from '../../values.ts';
import { mostVariables, VariableId, VariableName, VariableValue, VariableView } from './types.ts';

const Setting = z.strictObject({
  name: VariableName,
  value: VariableValue,
  /** A secret is shown to nobody any more; anything else to whoever may read secrets. */
  isSecret: z.boolean().default(true),
});

const notTwice = z.array(Setting).superRefine((settings, context) => {
  const seen = new Set<string>();
  for (const [index, { name }] of settings.entries()) {
    if (seen.has(name))
      context.addIssue({
        code: 'custom',
        path: [index, 'name'],
        message: `${name} is given twice`,
        params: { mend: 'give each name once' },
      });
    seen.add(name);
  }
});

export const SetVariables = command({
  subject: 'execution.set-variables',
  summary: 'Set environment variables of the organization by their names, all or none: runs that start from then on find them',
  http: 'POST /environment-variables',
  access: 'secrets:manage',
  input: z.strictObject({ variables: notTwice.min(1).max(mostVariables) }),
  output: z.strictObject({ items: z.array(VariableView) }),
  refusals: { OrgSuspended: 403, TooManyVariables: 409, VariablesTooLarge: 413 },
  secret: true,
});

export const ListVariables = query({
  subject: 'execution.list-variables',
  summary: 'The environment variables of the organization by name; of secrets all but the value',
  http: 'GET /environment-variables',
  access: 'secrets:read',
  input: PageRequest,
  output: pageOf(VariableView),
  refusals: {},
  secret: true,
});

export const RemoveVariable = command({
  subject: 'execution.remove-variable',
  summary: 'Remove an environment variable, and its value for good',
  http: 'DELETE /environment-variables/{variableId}',
  access: 'secrets:manage',
  input: z.strictObject({ variableId: VariableId }),
  output: z.strictObject({}),
  refusals: { VariableNotFound: 404 },
});

export const RemoveAllVariables = command({
  subject: 'execution.remove-all-variables',
  summary: 'Remove every environment variable of the organization, and their values for good',
  http: 'DELETE /environment-variables',
  access: 'secrets:manage',
  input: z.strictObject({}),
  output: z.strictObject({}),
  refusals: {},
});
