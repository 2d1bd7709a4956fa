import { inference, OrgId, Text } from '@orrery/contracts';
import { z } from 'zod';

/** Where a secret lies: a file that many read is no place for it. */
const Reference = z.union(
  [
    z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is no name of a variable') }),
    z.strictObject({ file: Text.min(1).max(4_096) }),
  ],
  { error: 'must say where it lies, { env: NAME } or { file: path }: a secret has no place in this file' },
);
export type Reference = z.output<typeof Reference>;

/** `credential`: left out it stays, null takes it away. */
export const Upstream = z.strictObject({ ...inference.SetUpstream.input.shape, credential: Reference.nullable().optional() });

export const Route = inference.SetRoute.input;

/** What the operator bounds beside what organizations bound themselves. */
export const Limit = z.strictObject({
  org: OrgId,
  thing: inference.LimitedThing.default({ of: 'org' }),
  limits: inference.SetOrgUsageLimit.input.shape.limits,
});

export interface RoutingFile {
  readonly upstreams?: readonly z.output<typeof Upstream>[] | undefined;
  readonly routes?: readonly z.output<typeof Route>[] | undefined;
  readonly limits?: readonly z.output<typeof Limit>[] | undefined;
}

export const keyOfLimit = ({ org, thing }: { readonly org: string; readonly thing: inference.LimitedThing }): string =>
  `${org} ${inference.keyOfThing(thing)}`;
