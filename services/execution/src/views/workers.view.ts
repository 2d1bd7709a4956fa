import type { execution } from '@orrery/contracts';
import {
  boolean,
  type ChangeOf,
  type Fact,
  instant,
  json,
  nanos,
  nullable,
  type RowOf,
  type Table,
  text,
  uuid,
  view,
} from '@orrery/event-store';
import { noTraits, type WorkerEvent } from '../domain/worker.ts';
import { type ExecutionFact, isOfWorker } from './kinds.ts';

const columns = {
  id: uuid<execution.WorkerId>(),
  name: text(),
  facts: json<execution.WorkerFacts>(),
  isLost: boolean(),
  isCordoned: boolean(),
  drain: nullable(json<NonNullable<execution.WorkerView['drain']>>()),
  joinedAt: instant(),
  labels: json<execution.WorkerTraits['labels']>(),
  pool: nullable(text()),
  rack: nullable(text()),
  nanosPerHour: nullable(nanos()),
  /** It is kept for what ran on it. */
  removedAt: nullable(instant()),
};

export type WorkerRow = RowOf<typeof columns>;

const foldWorker = ({ event }: Fact<WorkerEvent>): readonly ChangeOf<Table<typeof columns, 'id'>>[] => {
  switch (event.type) {
    case 'JoinTokenCreated':
      return [];
    case 'WorkerJoined': {
      const { workerId: id, name, facts, at: joinedAt } = event.data;
      return [{ put: { id, name, facts, isLost: false, isCordoned: false, drain: null, joinedAt, removedAt: null, ...noTraits } }];
    }
    case 'WorkerRejoined':
    case 'WorkerFactsChanged':
      return [{ patch: { id: event.data.workerId }, set: { facts: event.data.facts } }];
    case 'WorkerLost':
      return [{ patch: { id: event.data.workerId }, set: { isLost: true } }];
    case 'WorkerReturned':
      return [{ patch: { id: event.data.workerId }, set: { isLost: false } }];
    case 'WorkerCordoned':
      return [{ patch: { id: event.data.workerId }, set: { isCordoned: true } }];
    case 'WorkerUncordoned':
      return [{ patch: { id: event.data.workerId }, set: { isCordoned: false, drain: null } }];
    case 'WorkerLabelled': {
      const { workerId: id, labels, pool, rack, nanosPerHour } = event.data;
      return [{ patch: { id }, set: { labels, pool, rack, nanosPerHour } }];
    }
    case 'WorkerDrainRequested': {
      const { workerId: id, endsAt, at } = event.data;
      return [{ patch: { id }, set: { isCordoned: true, drain: { endsAt, at } } }];
    }
    case 'WorkerRemoved':
      return [{ patch: { id: event.data.workerId }, set: { isLost: true, removedAt: event.data.at } }];
  }
};

export const workers = view({
  name: 'workers',
  table: 'workers',
  columns,
  key: ['id'],
  fold: (fact: ExecutionFact) => (isOfWorker(fact) ? foldWorker(fact) : []),
});
