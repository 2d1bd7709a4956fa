import { execution } from '@orrery/contracts';
import type { Fact } from '@orrery/event-store';
import type { EnvironmentEvent } from '../domain/environment/environment.ts';
import type { RunEvent } from '../domain/run/run-facts.ts';
import type { RulesEvent } from '../domain/scheduling/rules/rules.ts';
import type { WorkerEvent } from '../domain/worker.ts';

export type ExecutionFact = Fact<execution.ExecutionEvent>;

export const isOfRun = (fact: ExecutionFact): fact is Fact<RunEvent> => /^(Run|ReservationMade)/.test(fact.event.type);
export const isOfEnvironment = (fact: ExecutionFact): fact is Fact<EnvironmentEvent> => /^(Variable|Environment)/.test(fact.event.type);
export const isOfRules = (fact: ExecutionFact): fact is Fact<RulesEvent> => fact.event.type in execution.SchedulingEvents;
export const isOfWorker = (fact: ExecutionFact): fact is Fact<WorkerEvent> => /^(Worker|JoinToken)/.test(fact.event.type);
