import { inference } from '@orrery/contracts';
import { keyOfLimit, type RoutingFile } from './routing-file.ts';
import { changesOf, inPath, type Step } from './step.ts';

/** By the organization: what the operator bounds there. */
export type CurrentLimits = ReadonlyMap<string, readonly inference.LimitView[]>;

const unbounded = (limits: inference.UsageLimits): boolean => Object.values(limits).every((limit) => limit === null);

const whatOf = (org: string, thing: inference.LimitedThing): string =>
  thing.of === 'org' ? `limits of ${org}` : `limits of ${org} for ${inference.keyOfThing(thing)}`;

const said = (limits: inference.UsageLimits): readonly string[] =>
  Object.entries(limits).flatMap(([name, limit]) => (limit === null ? [] : [`${name}: ${limit}`]));

const setting = (org: string, thing: inference.LimitedThing, limits: object): Pick<Step, 'method' | 'path' | 'body'> => ({
  method: 'PUT',
  path: `/usage-limits/${inPath(org)}`,
  body: { thing, limits },
});

export const limitSteps = ({ limits: wanted = [] }: RoutingFile, current: CurrentLimits): readonly Step[] =>
  wanted.flatMap(({ org, thing, limits }): readonly Step[] => {
    const key = inference.keyOfThing(thing);
    const before = current.get(org)?.find((each) => inference.keyOfThing(each.thing) === key);
    const what = whatOf(org, thing);
    const by = setting(org, thing, limits);
    if (!before) return unbounded(limits) ? [] : [{ sign: '+', what, details: said(limits), ...by }];
    const details = changesOf(before.limits, limits);
    if (details.length === 0) return [];
    return [{ sign: unbounded(limits) ? '-' : '~', what, details, ...by }];
  });

/** What the operator bounds in the organizations that the file names, and the file does not. */
export const limitRemovals = ({ limits: wanted }: RoutingFile, current: CurrentLimits): readonly Step[] => {
  if (!wanted) return [];
  const named = new Set(wanted.map(keyOfLimit));
  return [...current].flatMap(([org, limits]) =>
    limits
      .filter(({ thing }) => !named.has(keyOfLimit({ org, thing })))
      .map(({ thing }): Step => ({ sign: '-', what: whatOf(org, thing), details: [], ...setting(org, thing, {}) })),
  );
};
