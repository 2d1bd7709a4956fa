import { type InputOf, type inference, OrgId, type RequestContext, UserId } from '@orrery/contracts';
import type { TableRow, Where } from '@orrery/event-store';
import type { inferenceLog } from './inference-log.ts';

export type LogFilters = InputOf<typeof inference.SummarizeRequests>;

const failedFrom = 400;

const statusOf = (succeeded: boolean | undefined) => {
  if (succeeded === undefined) return undefined;
  return succeeded ? { lt: failedFrom } : { gte: failedFrom };
};

/** A person of ours, or whom a client asked for: an end user may be called by a UUID as well. */
const anyOfUser = (user: string | undefined): Where<TableRow<typeof inferenceLog>>['anyOf'] => {
  if (user === undefined) return undefined;
  const { data: userId } = UserId.safeParse(user);
  return userId === undefined ? [{ endUser: user }] : [{ endUser: user }, { userId }];
};

/** The requests of the organization of the asker that pass every filter. */
export const whereOf = (
  { orgId }: RequestContext,
  { from, to, succeeded, tag, user, userId, keyId, ...same }: LogFilters,
): Where<TableRow<typeof inferenceLog>> => {
  // The wire form was checked; the columns are branded.
  const ids = { userId, keyId } as Pick<Where<TableRow<typeof inferenceLog>>, 'userId' | 'keyId'>;
  const since = from === undefined ? {} : { gte: from };
  const until = to === undefined ? {} : { lt: to };
  return {
    ...(same as Where<TableRow<typeof inferenceLog>>),
    ...ids,
    orgId: OrgId.parse(orgId),
    // Where nothing is to be logged, what is there for the bill is nobody's to see.
    isLogged: true,
    startedAt: from === undefined && to === undefined ? undefined : { ...since, ...until },
    status: statusOf(succeeded),
    tags: tag === undefined ? undefined : { has: tag },
    anyOf: anyOfUser(user),
  };
};
