import { Controller } from '@nestjs/common';
import { actorOf, execution, type InputOf, instantOf, newId, OrgId, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore, metadataOf } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import type { RequestEnd } from '../domain/run-commands.ts';
import { type RunEvent, runStream } from '../domain/run-facts.ts';
import { runRowOf } from '../views/run-list.view.ts';
import { RunReader, runViewOf } from '../views/run-reader.ts';
import { Household } from './household.ts';
import { offerOf } from './offers.ts';
import { keepProgram, maxProgramBytes, packed } from './programs.ts';

/** The run right after its submission, from what was just decided. */
const submittedView = (events: readonly RunEvent[], context: RequestContext): execution.RunView => {
  const row = runRowOf(events.map((event) => ({ event, metadata: metadataOf(context), recordedAt: new Date() })));
  if (!row) throw new TypeError('what was submitted is there');
  return runViewOf(row, null);
};

@Controller()
export class RunsHandler {
  private readonly store: EventStore;
  private readonly household: Household;
  private readonly reader: RunReader;

  constructor(store: EventStore, household: Household, reader: RunReader) {
    this.store = store;
    this.household = household;
    this.reader = reader;
  }

  @Serves(execution.SubmitRun)
  async submit(input: InputOf<typeof execution.SubmitRun>, context: RequestContext): Promise<OutputOf<typeof execution.SubmitRun>> {
    const { code, files, fileName, machineType, timeoutSeconds } = input;
    const orgId = OrgId.parse(context.orgId);
    const runId = newId(execution.RunId);
    const at = instantOf(systemClock.now());
    const [offer, program] = await Promise.all([offerOf(this.store.pool, machineType, orgId), packed({ code, files })]);
    const { hash, bytes } = program;
    const handled = await this.household.runs.submit(
      {
        type: 'Submit',
        runId,
        orgId,
        machineType,
        ...offer,
        program: { fileName: fileName ?? null, hash, bytes, maxBytes: maxProgramBytes },
        timeoutSeconds,
        submittedBy: actorOf(context.principal),
        at,
      },
      context,
      {
        input,
        answer: (events) => submittedView(events, context),
        writes: (events) => (events.length > 0 ? [keepProgram(runId, program, at)] : []),
      },
    );
    const { answer, events } = refuse(handled);
    for (const event of events) this.household.tellSubmitted({ stream: runStream(runId), version: 1, event });
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
