import type { EventOf } from '../define.ts';
import { RunEvents } from './runs/events.ts';
import { SchedulingEvents } from './scheduling/events.ts';
import { VariableEvents } from './variables/events.ts';
import { WorkerEvents } from './workers/events.ts';

/** Everything that execution's log may hold. */
export const ExecutionEvents = { ...RunEvents, ...SchedulingEvents, ...VariableEvents, ...WorkerEvents };
export type ExecutionEvent = EventOf<typeof ExecutionEvents>;
