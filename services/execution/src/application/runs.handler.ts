import { Controller } from '@nestjs/common';
import { actorOf, execution, type InputOf, instantOf, OrgId, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore, metadataOf } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import type { RequestEnd } from '../domain/run/run-commands.ts';
import { type RunEvent, runStream } from '../domain/run/run-facts.ts';
import { runRowOf } from '../views/run-list.view.ts';
import { RunReader, runViewOf } from '../views/run-reader.ts';
import { Household } from './household.ts';
import { keepProgram, packed } from './programs.ts';
import { SubmissionLimits, submissionsOf } from './submissions.ts';

/** The run right after its submission, from what was just decided; of a gang the one of rank 0. */
const submittedView = ([event]: readonly RunEvent[], context: RequestContext): execution.RunView => {
  const row = event && runRowOf([{ event, metadata: metadataOf(context), recordedAt: new Date() }]);
  if (!row) throw new TypeError('what was submitted is there');
  return runViewOf(row, null);
};

@Controller()
export class RunsHandler {
  private readonly store: EventStore;
  private readonly household: Household;
  private readonly reader: RunReader;
  private readonly maxNodes: number;

  constructor(store: EventStore, household: Household, reader: RunReader, limits: SubmissionLimits) {
    this.store = store;
    this.household = household;
    this.reader = reader;
    this.maxNodes = limits.maxNodes;
  }

  @Serves(execution.SubmitRun)
  async submit(input: InputOf<typeof execution.SubmitRun>, context: RequestContext): Promise<OutputOf<typeof execution.SubmitRun>> {
    const orgId = OrgId.parse(context.orgId);
    const program = await packed({ code: input.code, files: input.files });
    const { store, maxNodes } = this;
    const members = await submissionsOf(input, { store, maxNodes, program, orgId }, context);
    const [{ runId, at }] = members;
    const handled = await this.household.runs.submit(members, context, {
      input,
      answer: (events) => submittedView(events, context),
      // The members of a gang run one program, kept under the id of the gang.
      writes: (events) => (events.length > 0 ? [keepProgram(runId, program, at)] : []),
    });
    const { answer, events } = refuse(handled);
    for (const event of events) this.household.tellSubmitted({ stream: runStream(event.data.runId), version: 1, event });
    return answer;
  }

  @Serves(execution.EndRun)
  async end(input: InputOf<typeof execution.EndRun>, context: RequestContext): Promise<OutputOf<typeof execution.EndRun>> {
    return await this.requestEnd({ mode: input.mode }, input, context);
  }

  @Serves(execution.RevokeRun)
  async revoke(input: InputOf<typeof execution.RevokeRun>, context: RequestContext): Promise<OutputOf<typeof execution.RevokeRun>> {
    return await this.requestEnd({ mode: 'cancel', reason: input.reason }, input, context);
  }

  private async requestEnd(
    wish: Pick<RequestEnd, 'mode' | 'reason'>,
    input: { readonly runId: execution.RunId },
    context: RequestContext,
  ): Promise<execution.RunView> {
    const { principal, orgId } = context;
    const { runId } = input;
    await this.find(runId, orgId);
    const command = { type: 'RequestEnd', ...wish, by: actorOf(principal), at: instantOf(systemClock.now()) } as const;
    refuse(await this.household.runs.tell(runId, command, context, { input }));
    return await this.find(runId, orgId);
  }

  private async find(runId: execution.RunId, orgId: string | undefined): Promise<execution.RunView> {
    return (await this.reader.one(runId, orgId)) ?? refuse({ code: 'RunNotFound', details: {} });
  }
}
