import { inference, OrgId } from '@orrery/contracts';
import { z } from 'zod';
import { ask } from './api.ts';
import { type Place, Problem } from './place.ts';

/** `orrery limits …` */
export interface Limits {
  readonly of: 'limits';
  readonly verb: 'get' | 'set' | 'clear';
  readonly org: string;
  readonly thing: { readonly of: string } & Readonly<Record<string, string>>;
  /** `name=value`, as they were typed. */
  readonly pairs: readonly string[];
}

interface Screen {
  write(text: string): unknown;
}

const Wanted = inference.SetOrgUsageLimit.input.shape.limits;
const Page = z.object({ items: z.array(inference.LimitView) });
const mostLimits = 500;
const amounts = /^spend/;
const lost = 'it may be set all the same; orrery limits get says so';

const parsedOr = <S extends z.ZodType>(schema: S, value: unknown, says: (issue: z.core.$ZodIssue | undefined) => string): z.output<S> => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Problem(says(parsed.error.issues[0]));
};

const pairIn = (pair: string): readonly [string, unknown] => {
  const [, name = '', text = ''] = /^([A-Za-z]+)=(\S+)$/.exec(pair) ?? [];
  const known = Object.keys(Wanted.shape);
  if (!known.includes(name))
    throw new Problem(`${JSON.stringify(pair)} is no limit: write one of ${known.join(', ')}, as in tokensPerMinute=200000.`);
  if (text === 'none') return [name, null];
  return [name, amounts.test(name) ? text : Number(text)];
};

const said = ({ by, thing, limits }: inference.LimitView): string => {
  const bounds = Object.entries(limits).flatMap(([name, limit]) => (limit === null ? [] : [`    ${name}: ${limit}\n`]));
  return `${inference.keyOfThing(thing)}, set by the ${by}\n${bounds.join('')}`;
};

const limitsAt = async (place: Place, path: string): Promise<readonly inference.LimitView[]> => {
  const answer = await ask(place, { method: 'GET', path: `${path}?limit=${mostLimits}`, lost: 'nothing was changed' });
  return parsedOr(Page, answer, () => 'The installation answers in a form that this command does not know: are they of one version?').items;
};

/** Shows the limits of an organization, or changes those that the operator set. What is not named stays; `none` takes a limit away. */
export const limits = async (place: Place, { verb, org, thing: named, pairs }: Limits, out: Screen): Promise<void> => {
  const orgId = parsedOr(OrgId, org, () => `${JSON.stringify(org)} is no id of an organization, a UUID.`);
  const thing = parsedOr(
    inference.LimitedThing,
    named,
    () => `--${named.of} wants ${named.of === 'model' ? 'the name of a model' : 'an id, a UUID'}.`,
  );
  const changes = Object.fromEntries(pairs.map(pairIn));
  const path = `/usage-limits/${orgId}`;
  const all = await limitsAt(place, path);
  if (verb === 'get') {
    out.write(all.length === 0 ? 'Nothing is bounded.\n' : all.map(said).join(''));
    return;
  }
  const key = inference.keyOfThing(thing);
  const before = all.find((each) => each.by === 'operator' && inference.keyOfThing(each.thing) === key);
  const wanted = verb === 'clear' ? {} : { ...before?.limits, ...changes };
  const checked = parsedOr(Wanted, wanted, (issue) => `${issue?.path.join('.')} ${issue?.message}.`);
  const view = parsedOr(
    inference.LimitView,
    await ask(place, { method: 'PUT', path, body: { thing, limits: checked }, lost }),
    () => 'The installation answers in a form that this command does not know: are they of one version?',
  );
  out.write(Object.values(view.limits).every((limit) => limit === null) ? `${key}: nothing is bounded by the operator.\n` : said(view));
};
