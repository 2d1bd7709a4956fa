// The second door: for tools that ask the engine what it would do, and need nothing else of a service.
export { Fleet } from './domain/scheduling/placement/fleet.ts';
export { gpuMilliOf, isShare, type Need, wholeGpu } from './domain/scheduling/placement/need.ts';
export type { MachineSize, Place } from './domain/scheduling/placement/place.ts';
export { Placer } from './domain/scheduling/placement/placer.ts';
export { type PolicyName, policyNames, policyOf } from './domain/scheduling/placement/policies.ts';
