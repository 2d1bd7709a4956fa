// The second door: for tools that ask the engine what it would do, and need nothing else of a service.
export type { QuotaNode } from './domain/scheduling/admission/quota-node.ts';
export { Fleet } from './domain/scheduling/placement/fleet.ts';
export { migFamilies, profileOf } from './domain/scheduling/placement/mig.ts';
export { type GroupWish, gpuMilliOf, isShare, keyOf, type Need, wholeGpu } from './domain/scheduling/placement/need.ts';
export type { Found, MachineSize, Place } from './domain/scheduling/placement/place.ts';
export { Placer } from './domain/scheduling/placement/placer.ts';
export { type PolicyName, policyNames, policyOf } from './domain/scheduling/placement/policies.ts';
export type { Ask, Decision, PreemptionReason, Request, Seat } from './domain/scheduling/request.ts';
export { requestOf } from './domain/scheduling/request-of.ts';
export type { Load, Placed, Promised, Reserved, Returned, Wait, WaitReason } from './domain/scheduling/scheduler/facts.ts';
export { Scheduler } from './domain/scheduling/scheduler/scheduler.ts';
export { defaultSettings, type SchedulerSettings } from './domain/scheduling/scheduler/settings.ts';
export type { SchedulerSnapshot } from './domain/scheduling/scheduler/snapshot.ts';
