import { parseDocument } from 'yaml';
import { z } from 'zod';
import { textOf } from './files.ts';
import { InputProblem } from './problem.ts';

/** A node of the quota tree, as the scheduler takes it: amounts in thousandths. */
export interface Quota {
  readonly id: string;
  readonly parent: string | null;
  readonly weight: number;
  readonly guaranteed: Readonly<Record<string, number>>;
  readonly limit: Readonly<Record<string, number>>;
}

/** GPUs of a model, or CPU cores. */
const amounts = z
  .record(z.string().min(1), z.number().min(0).max(1e9))
  .default({})
  .transform((given) => Object.fromEntries(Object.entries(given).map(([name, count]) => [name.toLowerCase(), Math.round(1_000 * count)])));

const milli = z.record(z.string().min(1), z.int().min(0)).default({});

/** As `GET /quotas` answers. */
const Answered = z
  .object({
    node: z.string().min(1),
    parent: z.string().nullable(),
    weight: z.number().positive(),
    guaranteedMilli: milli,
    limitMilli: milli,
  })
  .transform(({ node: id, guaranteedMilli: guaranteed, limitMilli: limit, ...rest }) => ({ id, guaranteed, limit, ...rest }));

const Answer = z.object({ items: z.array(Answered) }).transform(({ items }) => items);

const Written = z.array(
  z.strictObject({
    id: z.string().min(1),
    parent: z.string().min(1).nullable().optional(),
    weight: z.number().positive().default(1),
    guaranteed: amounts,
    limit: amounts,
  }),
);

/** A project hangs under its org where nobody says otherwise. */
const parentOf = (id: string): string | null => {
  const slash = id.lastIndexOf('/');
  return slash <= 0 ? null : id.slice(0, slash);
};

const example = '- {id: research, weight: 2, guaranteed: {a100: 8}, limit: {a100: 16}}';

const refuseLoops = (nodes: readonly Quota[], problem: (says: string) => InputProblem): void => {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  for (const { id, parent } of nodes) {
    if (parent !== null && !byId.has(parent))
      throw problem(`the parent ${JSON.stringify(parent)} of ${JSON.stringify(id)} is not in the list`);
    let above = parent;
    for (let steps = 0; above !== null; steps += 1) {
      if (steps > nodes.length) throw problem(`${JSON.stringify(id)} is above itself: give one of them another parent`);
      above = byId.get(above)?.parent ?? null;
    }
  }
};

/** The quota tree of a file: YAML, of which JSON is a part; amounts in GPUs and in CPU cores. Or what the API answers. */
export const readQuotas = (file: string | undefined): readonly Quota[] => {
  if (file === undefined) return [];
  const problem = (says: string) => new InputProblem(`--quotas ${file}: ${says}`);
  const document = parseDocument(textOf(file, '--quotas'));
  const [fault] = document.errors;
  if (fault) throw problem(`neither YAML nor JSON: ${fault.message.split('\n', 1)[0]}`);
  const content: unknown = document.toJS();
  const result = Array.isArray(content) ? Written.safeParse(content) : Answer.safeParse(content);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw problem(`${issue?.path.join('.') || 'the whole'}: ${issue?.message}. Expected a list like \`${example}\``);
  }
  const ids = new Set<string>();
  for (const { id } of result.data) {
    if (ids.has(id)) throw problem(`${JSON.stringify(id)} stands there twice`);
    ids.add(id);
  }
  const nodes = result.data.map((node): Quota => {
    const path = parentOf(node.id);
    return { ...node, parent: node.parent ?? (path !== null && ids.has(path) ? path : null) };
  });
  refuseLoops(nodes, problem);
  return nodes;
};

/** What each organization should get beside the others, as a proportion. */
export const weightsOf = (nodes: readonly Quota[]): ReadonlyMap<string, number> => new Map(nodes.map(({ id, weight }) => [id, weight]));
