import type { execution } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import type { LiveFact } from '../domain/scheduling/live/facts.ts';
import { Runs } from './runs.ts';
import { Workers } from './workers.ts';

/** What the office wants to hear at once when it is in the same process; it hears of it from the log in any case. */
export interface OfficeEars {
  readonly submitted: (fact: LiveFact) => void;
  readonly endRequested: (runId: execution.RunId) => void;
}

/** What requests, consumers and the office of one process share: so that commands to one run wait for each other instead of conflicting. */
export class Household {
  readonly runs: Runs;
  readonly workers: Workers;
  private ears: OfficeEars | undefined;

  constructor(store: EventStore) {
    this.runs = new Runs(store);
    this.workers = new Workers(store);
  }

  /** The office is in this process from now on. Returns how to say that it is not any more. */
  listen(ears: OfficeEars): () => void {
    this.ears = ears;
    return () => {
      if (this.ears === ears) this.ears = undefined;
    };
  }

  tellSubmitted(fact: LiveFact): void {
    this.ears?.submitted(fact);
  }

  tellEndRequested(runId: execution.RunId): void {
    this.ears?.endRequested(runId);
  }
}

const households = new WeakMap<EventStore, Household>();

/** The one household of a log in this process: its requests and its own work are set up apart from each other. */
export const householdOf = (store: EventStore): Household => {
  const known = households.get(store) ?? new Household(store);
  households.set(store, known);
  return known;
};
