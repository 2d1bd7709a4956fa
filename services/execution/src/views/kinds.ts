import type { execution } from '@orrery/contracts';
import type { Fact } from '@orrery/event-store';
import type { EnvironmentEvent } from '../domain/environment/environment.ts';
import type { RunEvent } from '../domain/run-facts.ts';
import type { WorkerEvent } from '../domain/worker.ts';

export type ExecutionFact = Fact<execution.ExecutionEvent>;

export const isOfRun = (fact: ExecutionFact): fact is Fact<RunEvent> => fact.event.type.startsWith('Run');
export const isOfEnvironment = (fact: ExecutionFact): fact is Fact<EnvironmentEvent> => /^(Variable|Environment)/.test(fact.event.type);
export const isOfWorker = (fact: ExecutionFact): fact is Fact<WorkerEvent> => !isOfRun(fact) && !isOfEnvironment(fact);
