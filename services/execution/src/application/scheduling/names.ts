import { type execution, identity, OrgId, type RequestContext } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { type Bus, DeadlineExceeded, ServiceUnavailable } from '@orrery/messaging';
import { kindOf } from '../../domain/scheduling/rules/quotas.ts';
import { orgOf } from '../../domain/scheduling/scheduler/queues.ts';

/** Names are a kindness: nobody waits for them for long. */
const patienceMs = 2_000;

type Seats = execution.PlacedItem['seats'];

interface InQueue {
  readonly queue: string;
}

/** What operators call that which the scheduler knows by ids: organizations are asked of identity, machines are our own. */
export class Names {
  constructor(
    private readonly bus: Bus,
    private readonly store: EventStore,
  ) {}

  /** By their ids; of one that is not there, nothing. Null: identity cannot be asked now. */
  async ofOrgs(nodes: Iterable<string>, context: RequestContext): Promise<ReadonlyMap<string, string> | null> {
    const orgIds = [...new Set([...nodes].filter((node) => kindOf(node) !== 'cohort').map(orgOf))];
    const names = new Map<string, string>();
    const own = { ...context, principal: { kind: 'service', name: 'execution' }, deadlineAt: systemClock.now() + patienceMs } as const;
    try {
      for (let start = 0; start < orgIds.length; start += identity.mostNamesAtOnce) {
        const some = orgIds.slice(start, start + identity.mostNamesAtOnce).map((id) => OrgId.parse(id));
        const outcome = await this.bus.ask(identity.NamesOfOrgs, { orgIds: some }, own);
        if (!outcome.accepted) return null;
        for (const { orgId, slug } of outcome.value.items) names.set(orgId, slug);
      }
      return names;
    } catch (error) {
      if (error instanceof ServiceUnavailable || error instanceof DeadlineExceeded) return null;
      throw error;
    }
  }

  async inQueues<T extends InQueue>(items: readonly T[], context: RequestContext): Promise<(T & { readonly queueName: string | null })[]> {
    const named = await this.naming(
      items.map(({ queue }) => queue),
      context,
    );
    return items.map((item) => ({ ...item, queueName: named(item.queue) }));
  }

  /** Says what a queue, or a node of the quota tree, is called. */
  async naming(nodes: readonly string[], context: RequestContext): Promise<(node: string) => string | null> {
    const names = await this.ofOrgs(nodes, context);
    return (node) => {
      if (kindOf(node) === 'cohort') return node;
      const name = names?.get(orgOf(node));
      return name === undefined ? null : `${name}${node.slice(orgOf(node).length)}`;
    };
  }

  async onMachines(all: readonly Seats[]): Promise<(seats: Seats) => Seats> {
    const ids = [...new Set(all.flat().map(({ workerId }) => workerId))];
    if (ids.length === 0) return (seats) => seats;
    const { rows } = await this.store.pool.query<{ id: string; name: string }>({
      name: 'names-of-machines',
      text: 'SELECT id, name FROM workers WHERE id = ANY($1)',
      values: [ids],
    });
    const names = new Map(rows.map(({ id, name }) => [id, name]));
    return (seats) => seats.map((seat) => ({ ...seat, workerName: names.get(seat.workerId) ?? null }));
  }
}
