// The bus without Nest, for a process that must stay small: what an agent needs, at a third of the memory.
export { type AskOptions, Bus, type StreamOptions } from './bus.ts';
export { type ConnectOptions, connectBus } from './connect.ts';
export { ContractBroken, DeadlineExceeded, NotLetIn, Refused, ServiceFault, ServiceUnavailable, type UnavailableReason } from './errors.ts';
export type { LineOptions } from './line.ts';
export { type BusRefusal, busRefusals, type Details, type Outcome, refuse } from './outcome.ts';
export type { FaultSink } from './replies.ts';
export { AgentDesk, type AgentDeskOptions } from './serve-at.ts';
export type { ItemStream, Opened } from './stream-reader.ts';
export { agentSubject, askAsAgentSubject, askSubject } from './subjects.ts';
