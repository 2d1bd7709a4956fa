// The bus without Nest, for a process that must stay small: what an agent needs, at a third of the memory.
export { AgentDesk } from './agent-desk.ts';
export { Bus } from './bus.ts';
export { connectBus } from './connect.ts';
export { ContractBroken, DeadlineExceeded, NotLetIn, Refused, ServiceFault, ServiceUnavailable } from './errors.ts';
export { networkOf } from './network-of.ts';
export { busRefusals, type Details, type Outcome, refuse } from './outcome.ts';
export type { FaultSink } from './replies.ts';
export type { ItemStream } from './stream-reader.ts';
export { askAsAgentSubject } from './subjects.ts';
