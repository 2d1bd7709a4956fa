import { execution } from '@orrery/contracts';
import { z } from 'zod';
import { everyOf } from '../every-of.ts';
import { idOf } from '../row.ts';
import type { Writable } from './json.ts';
import { row } from './row.ts';

/** The same for every secret: not even a length shows. */
const mask = '********';

const variable = ({ id, name, value, isSecret, createdAt, updatedAt }: execution.VariableView): Writable => ({
  id,
  name,
  key: name,
  value: isSecret ? mask : value,
  is_secret: isSecret,
  created_at: createdAt,
  updated_at: updatedAt,
});

const Entry = z
  .object({ name: z.string().optional(), key: z.string().optional(), value: z.string(), is_secret: z.boolean().default(true) })
  .transform(({ name, key, value, is_secret: isSecret }, context) => {
    const given = name ?? key;
    if (given === undefined) {
      context.issues.push({ code: 'invalid_type', expected: 'string', path: ['name'], input: undefined });
      return z.NEVER;
    }
    if (key !== undefined && key !== given) {
      context.issues.push({ code: 'custom', path: ['key'], message: 'name and key should be the same', input: undefined });
      return z.NEVER;
    }
    return { name: given, value, isSecret };
  });
const Wrapped = z.object({ environment_variables: z.array(Entry) }).transform((body) => body.environment_variables);
const Single = Entry.transform((entry) => [entry]);

const formOf = (body: unknown) => {
  if (Array.isArray(body)) return z.array(Entry);
  return typeof body === 'object' && body !== null && 'environment_variables' in body ? Wrapped : Single;
};

/** One variable, several, or several in a wrapper: clients know all three. */
const Settings = z.unknown().transform((body, context) => {
  const parsed = formOf(body).safeParse(body);
  if (parsed.success) return parsed.data;
  context.issues.push(...parsed.error.issues.map((issue) => ({ ...issue, input: undefined })));
  return z.NEVER;
});

const answerOf = (variables: readonly execution.VariableView[]): Writable => ({ environment_variables: variables.map(variable) });

export const environment = [
  row({
    method: 'GET',
    path: '/environment-variables/',
    operations: [execution.ListVariables],
    answer: async (to) => answerOf(await everyOf((page) => to.ask(execution.ListVariables, page))),
  }),
  row({
    method: 'POST',
    path: '/environment-variables/',
    operations: [execution.SetVariables],
    body: Settings,
    names: { variables: 'environment_variables' },
    answer: async (to, { body }) => answerOf((await to.ask(execution.SetVariables, { variables: body })).items),
  }),
  row({
    method: 'DELETE',
    path: '/environment-variables/{env_var_id}',
    operations: [execution.RemoveVariable],
    answer: async (to, { path }) => {
      await to.ask(execution.RemoveVariable, { variableId: idOf(execution.VariableId, path['env_var_id'], 'VariableNotFound') });
      return { message: 'Environment variable deleted' };
    },
  }),
  row({
    method: 'DELETE',
    path: '/environment-variables/',
    operations: [execution.RemoveAllVariables],
    answer: async (to) => {
      await to.ask(execution.RemoveAllVariables, {});
      return { message: 'All environment variables deleted' };
    },
  }),
];
