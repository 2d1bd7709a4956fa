import { z } from 'zod';
import { events } from '../../define.ts';
import { Instant } from '../../values.ts';
import { WorkerTraits } from '../scheduling/types.ts';
import { WorkerFacts, WorkerId } from './types.ts';

export const WorkerEvents = events(
  'execution',
  {
    JoinTokenCreated: z.strictObject({ tokenId: z.uuid(), hash: z.string().length(64), name: z.string(), expiresAt: Instant, at: Instant }),
    WorkerJoined: z.strictObject({ workerId: WorkerId, tokenId: z.uuid(), name: z.string(), facts: WorkerFacts, at: Instant }),
    WorkerRejoined: z.strictObject({ workerId: WorkerId, tokenId: z.uuid(), facts: WorkerFacts, at: Instant }),
    WorkerRemoved: z.strictObject({ workerId: WorkerId, by: z.string(), at: Instant }),
    WorkerFactsChanged: z.strictObject({ workerId: WorkerId, facts: WorkerFacts, at: Instant }),
    WorkerLost: z.strictObject({ workerId: WorkerId, lastSeenAt: Instant, at: Instant }),
    WorkerReturned: z.strictObject({ workerId: WorkerId, at: Instant }),
    WorkerCordoned: z.strictObject({ workerId: WorkerId, by: z.string(), at: Instant }),
    /** Nothing new is placed there; what may be preempted is moved now, the rest runs out, or is moved at the end. */
    WorkerDrainRequested: z.strictObject({ workerId: WorkerId, by: z.string(), endsAt: Instant.nullable(), at: Instant }),
    WorkerUncordoned: z.strictObject({ workerId: WorkerId, by: z.string(), at: Instant }),
    WorkerLabelled: WorkerTraits.extend({ workerId: WorkerId, by: z.string(), at: Instant }),
  },
  { JoinTokenCreated: { isPrivate: true } },
);
