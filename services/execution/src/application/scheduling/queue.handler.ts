import { Controller } from '@nestjs/common';
import { execution, type InputOf, type OutputOf, type RequestContext } from '@orrery/contracts';
import { cellsOf, cursorOf } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { Serves } from '@orrery/messaging';
import { z } from 'zod';
import { Names } from './names.ts';
import { SchedulerLine } from './scheduler-line.ts';
import { RulesWarnings } from './warnings.ts';

const next = z.string().optional();
const Waiting = z.object({ items: z.array(execution.QueueItem), next, summary: execution.QueueSummary });
const Running = z.object({ items: z.array(execution.PlacedItem), next });
const Uses = z.object({ items: z.array(execution.QuotaUse), next });

interface Paging {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** What the page comes after, as the scheduler named it. */
const windowOf = ({ limit, cursor }: Paging): { readonly limit: number; readonly after: string | null } => ({
  limit,
  after: cursor === undefined ? null : String(cellsOf(cursor, 1)[0]),
});

const nextOf = (after: string | undefined): { readonly nextCursor?: string } =>
  after === undefined ? {} : { nextCursor: cursorOf([after]) };

/** What operators see of the queue: the scheduler tells of ids, and names are put beside them here. */
@Controller()
export class QueueHandler {
  private readonly line: SchedulerLine;
  private readonly names: Names;
  private readonly warnings: RulesWarnings;

  constructor(line: SchedulerLine, names: Names, warnings: RulesWarnings) {
    this.line = line;
    this.names = names;
    this.warnings = warnings;
  }

  @Serves(execution.GetQueue)
  async queue(page: InputOf<typeof execution.GetQueue>, context: RequestContext): Promise<OutputOf<typeof execution.GetQueue>> {
    const { next: after, items, summary } = Waiting.parse(await this.line.ask({ about: 'waiting', ...windowOf(page) }, context));
    const [named, warnings] = await Promise.all([this.names.inQueues(items, context), this.warnings.all(context, systemClock.now())]);
    return { items: named, summary, warnings, ...nextOf(after) };
  }

  @Serves(execution.GetQueueRunning)
  async running(
    page: InputOf<typeof execution.GetQueueRunning>,
    context: RequestContext,
  ): Promise<OutputOf<typeof execution.GetQueueRunning>> {
    const { items, next: after } = Running.parse(await this.line.ask({ about: 'running', ...windowOf(page) }, context));
    const [named, seated] = await Promise.all([
      this.names.inQueues(items, context),
      this.names.onMachines(items.map(({ seats }) => seats)),
    ]);
    return { items: named.map((item) => ({ ...item, seats: seated(item.seats) })), ...nextOf(after) };
  }

  @Serves(execution.GetQuotaUse)
  async quotas(page: InputOf<typeof execution.GetQuotaUse>, context: RequestContext): Promise<OutputOf<typeof execution.GetQuotaUse>> {
    const { items, next: after } = Uses.parse(await this.line.ask({ about: 'quotas', ...windowOf(page) }, context));
    const nameOf = await this.names.naming(
      items.map(({ node }) => node),
      context,
    );
    return { items: items.map((item) => ({ ...item, nodeName: nameOf(item.node) })), ...nextOf(after) };
  }

  @Serves(execution.GetProposedMoves)
  async moves(
    _: InputOf<typeof execution.GetProposedMoves>,
    context: RequestContext,
  ): Promise<OutputOf<typeof execution.GetProposedMoves>> {
    const { asOf, items } = execution.GetProposedMoves.output.parse(await this.line.ask({ about: 'moves' }, context));
    const all = items.flatMap(({ moves }) => moves);
    const [nameOf, seated] = await Promise.all([
      this.names.naming(
        [...items, ...all].map(({ queue }) => queue),
        context,
      ),
      this.names.onMachines(all.flatMap(({ from, to }) => [from, to])),
    ]);
    const named = ({ moves, ...item }: execution.ProposedMoves): execution.ProposedMoves => ({
      ...item,
      queueName: nameOf(item.queue),
      moves: moves.map((move) => ({ ...move, queueName: nameOf(move.queue), from: seated(move.from), to: seated(move.to) })),
    });
    return { asOf, items: items.map(named) };
  }
}
