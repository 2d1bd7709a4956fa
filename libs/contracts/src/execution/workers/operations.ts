import { z } from 'zod';
import { MachineTypeName } from '../../catalog/types.ts';
import { command, query } from '../../define.ts';
import { Instant, Moment, NameText, PageRequest, pageOf, Text } from '../../values.ts';
import { WorkerFacts, WorkerId, WorkerView } from './types.ts';

export const CreateJoinToken = command({
  subject: 'execution.create-join-token',
  summary: 'A token with which one machine may join, once',
  http: 'POST /workers/join-tokens',
  created: true,
  access: 'operator',
  input: z.strictObject({ name: NameText.min(1).max(100), ttlSeconds: z.int().min(60).max(604_800).default(3_600) }),
  output: z.strictObject({ tokenId: z.uuid(), token: z.string(), expiresAt: Instant }),
  refusals: {},
  secret: true,
});

export const JoinWorker = command({
  subject: 'execution.join-worker',
  summary: 'A machine joins with its token and gets its own credentials',
  http: 'POST /workers/join',
  created: true,
  access: 'public',
  input: z.strictObject({ token: Text.max(200), facts: WorkerFacts }),
  output: z.strictObject({
    workerId: WorkerId,
    name: z.string(),
    /** NATS user credentials that open this worker's own subjects; null where the bus asks for none. */
    natsCreds: z.string().nullable(),
    natsUrl: z.string(),
  }),
  refusals: { BadJoinToken: 401 },
  secret: true,
});

export const CreateRejoinToken = command({
  subject: 'execution.create-rejoin-token',
  summary: 'A token with which a machine that was away for longer than its credentials last joins again as itself, once',
  http: 'POST /workers/{workerId}/join-tokens',
  created: true,
  access: 'operator',
  input: z.strictObject({ workerId: WorkerId, ttlSeconds: z.int().min(60).max(604_800).default(3_600) }),
  output: CreateJoinToken.output,
  refusals: { WorkerNotFound: 404 },
  secret: true,
});

export const RenewWorker = command({
  subject: 'execution.renew-worker',
  summary: 'An agent gets new credentials for its machine before those that it has expire',
  access: 'agent',
  input: z.strictObject({}),
  output: JoinWorker.output.pick({ natsCreds: true }),
  refusals: { WorkerNotFound: 404 },
  secret: true,
});

export const RemoveWorker = command({
  subject: 'execution.remove-worker',
  summary: 'Remove a machine for good: nothing it says counts any more, and its runs go elsewhere when their leases have ended',
  http: 'DELETE /workers/{workerId}',
  access: 'operator',
  input: z.strictObject({ workerId: WorkerId }),
  output: z.strictObject({}),
  refusals: { WorkerNotFound: 404 },
});

export const ListWorkers = query({
  subject: 'execution.list-workers',
  summary: 'The machines and what runs on them',
  http: 'GET /workers',
  access: 'operator',
  input: PageRequest,
  output: pageOf(WorkerView),
  refusals: {},
});

export const CordonWorker = command({
  subject: 'execution.cordon-worker',
  summary: 'Place nothing new on a machine, or allow it again',
  http: 'POST /workers/{workerId}/cordon',
  access: 'operator',
  input: z.strictObject({ workerId: WorkerId, cordoned: z.boolean().default(true) }),
  output: WorkerView,
  refusals: { WorkerNotFound: 404 },
});

export const DrainWorker = command({
  subject: 'execution.drain-worker',
  summary: 'Cordon a machine and move its work: what may be preempted at once, the rest at its end or at the given moment',
  http: 'POST /workers/{workerId}/drain',
  access: 'operator',
  input: z.strictObject({
    workerId: WorkerId,
    /** What still runs then is moved as well. Absent: it may run to its end. */
    endsAt: Moment.optional(),
  }),
  output: WorkerView,
  refusals: { WorkerNotFound: 404, DrainTooEarly: 400 },
});

export const ListAvailableMachineTypes = query({
  subject: 'execution.list-available-machine-types',
  summary: 'The machine types on offer that a connected machine could take, if nothing else were on it',
  http: 'GET /machine-types/available',
  access: 'catalog:read',
  input: z.strictObject({}),
  output: z.strictObject({ items: z.array(z.strictObject({ name: MachineTypeName, machines: z.int().positive() })) }),
  refusals: {},
});
