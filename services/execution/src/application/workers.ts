import type { execution, RequestContext } from '@orrery/contracts';
import { type EventStore, type Handled, type HandleOptions, handleWith } from '@orrery/event-store';
import { Worker, type WorkerCommand, type WorkerEvent, type WorkerRefusal, type WorkerState, workerStream } from '../domain/worker.ts';

/** Every command to a machine goes through here: machines belong to the platform, and to no organization. */
export class Workers {
  private readonly handle;

  constructor(store: EventStore) {
    this.handle = handleWith(store, Worker, { name: 'worker', snapshots: { every: 100, shape: 'worker-3' } });
  }

  async tell<A = undefined>(
    workerId: execution.WorkerId,
    command: WorkerCommand,
    { orgId: _orgId, ...context }: RequestContext,
    options: HandleOptions<WorkerEvent, WorkerState, WorkerRefusal, A> = {},
  ): Promise<Handled<WorkerEvent, WorkerRefusal, A>> {
    return await this.handle(workerStream(workerId), command, context, options);
  }
}
