import type { execution } from '@orrery/contracts';
import type { Request } from '../request.ts';
import { gpusInWords, inUnits } from '../rules/in-words.ts';
import { orgOf } from '../scheduler/queues.ts';
import type { Sight } from './sight.ts';

const scopeOf = (node: string, queue: string): execution.QuotaState['scope'] => {
  if (node === orgOf(queue)) return 'organization';
  return node === queue ? 'project' : 'above';
};

const whose = { project: 'Your project', organization: 'Your organization', above: 'The group that your organization is in' } as const;

interface Amount {
  readonly resource: string;
  readonly used: number;
  readonly asked: number;
  readonly guaranteed: number | undefined;
  readonly limit: number | undefined;
}

const tooMuch = (scope: execution.QuotaState['scope'], isEver: boolean): string => {
  if (isEver) return 'more than it may ever have';
  return scope === 'above' ? 'too much beside what others of it have now' : 'too much now';
};

const inWords = (scope: execution.QuotaState['scope'], { resource, used, asked, guaranteed, limit }: Amount): string => {
  const has = scope === 'above' ? whose[scope] : `${whose[scope]} uses ${gpusInWords(used, resource)}`;
  const is = scope === 'above' ? 'is' : 'and is';
  const bounds = [
    guaranteed === undefined ? '' : `guaranteed ${inUnits(guaranteed)}`,
    limit === undefined ? '' : `limited to ${inUnits(limit)}${scope === 'above' ? ` ${resource}` : ''}`,
  ].filter((part) => part !== '');
  const reached =
    limit !== undefined && used + asked > limit ? `: this asks for ${inUnits(asked)} more, which is ${tooMuch(scope, asked > limit)}` : '';
  return `${has}${bounds.length > 0 ? `${scope === 'above' ? '' : ','} ${is} ${bounds.join(' and ')}` : ''}${reached}.`;
};

/** What the quotas above a request say to it. What others use is not told. */
export const quotaStatesFor = (scene: Sight, request: Request): readonly execution.QuotaState[] => {
  const asked = new Map<string, number>();
  for (const amounts of scene.askedAmounts(request)) {
    // Of several choices the smallest is told: where that is too much, all are.
    for (const [resource, amount] of Object.entries(amounts)) asked.set(resource, Math.min(amount, asked.get(resource) ?? amount));
  }
  return scene.pathOf(request.queue).flatMap((id) => {
    const node = scene.nodeOf(id);
    const scope = scopeOf(id, request.queue);
    return [...asked].flatMap(([resource, amount]) => {
      const [guaranteed, limit] = [node?.guaranteed[resource], node?.limit[resource]];
      if (guaranteed === undefined && limit === undefined) return [];
      const used = scene.tree.usedBy(id, resource);
      return [
        {
          scope,
          resource,
          usedMilli: scope === 'above' ? null : used,
          askedMilli: amount,
          guaranteedMilli: guaranteed ?? null,
          limitMilli: limit ?? null,
          isReached: limit !== undefined && used + amount > limit,
          message: inWords(scope, { resource, used, asked: amount, guaranteed, limit }),
        },
      ];
    });
  });
};
