import { command, type InputOf, type OutputOf, query, type RequestContext, stream } from '@orrery/contracts';
import { z } from 'zod';
import type { Bus } from './bus.ts';
import { type BusRefusal, refuse } from './outcome.ts';
import { Serves } from './serves.ts';

const RunId = z.uuid().brand<'RunId'>();
const WorkerId = z.uuid().brand<'WorkerId'>();

const Submit = command({
  subject: 'execution.submit',
  summary: 'Submits',
  access: 'public',
  input: z.strictObject({ code: z.string(), priority: z.int().default(5), note: z.string().optional() }),
  output: z.strictObject({ id: RunId }),
  refusals: { QuotaExhausted: 402 },
});
const Ask = query({
  subject: 'execution.ask',
  summary: 'Asks',
  access: 'public',
  input: z.strictObject({}),
  output: z.string(),
  refusals: {},
});
const Follow = stream({
  subject: 'execution.follow',
  summary: 'Follows',
  access: 'public',
  input: z.strictObject({ id: RunId }),
  output: z.strictObject({ n: z.int() }),
  refusals: {},
});

/** Never run: what does not compile is the test. */
export class RightHandlers {
  @Serves(Submit)
  async submit({ code, priority }: InputOf<typeof Submit>, { commandId }: RequestContext): Promise<OutputOf<typeof Submit>> {
    return { id: RunId.parse(`${code}${priority}${commandId}`) };
  }

  @Serves(Ask)
  async withoutParameters(): Promise<string> {
    return '';
  }

  @Serves(Follow)
  async *follow(_input: InputOf<typeof Follow>, _context: RequestContext, signal: AbortSignal): AsyncGenerator<OutputOf<typeof Follow>> {
    yield { n: signal.aborted ? 0 : 1 };
  }

  @Serves(Follow)
  async followAfterLooking(input: InputOf<typeof Follow>, context: RequestContext, signal: AbortSignal) {
    return this.follow(input, context, signal);
  }
}

export class WrongHandlers {
  // @ts-expect-error the contract answers with an id of a run, not of a worker
  @Serves(Submit)
  async anotherId(): Promise<{ id: z.infer<typeof WorkerId> }> {
    return { id: WorkerId.parse('') };
  }

  // @ts-expect-error the contract promises an answer with an id
  @Serves(Submit)
  async nothing(): Promise<void> {}

  // @ts-expect-error the contract brings no `file`
  @Serves(Submit)
  async wantsMore({ file }: { code: string; file: string }): Promise<OutputOf<typeof Submit>> {
    return { id: RunId.parse(file) };
  }

  // @ts-expect-error `note` may be absent
  @Serves(Submit)
  async takesForGiven({ note }: { note: string }): Promise<OutputOf<typeof Submit>> {
    return { id: RunId.parse(note) };
  }

  // @ts-expect-error the second parameter is the context
  @Serves(Submit)
  async wantsAnotherContext(_input: InputOf<typeof Submit>, _context: { orgId: string }): Promise<OutputOf<typeof Submit>> {
    return { id: RunId.parse('') };
  }

  // @ts-expect-error an answer is waited for
  @Serves(Ask)
  answersAtOnce(): string {
    return '';
  }

  // @ts-expect-error a stream answers many times
  @Serves(Follow)
  async answersOnce(): Promise<OutputOf<typeof Follow>> {
    return { n: 1 };
  }

  // @ts-expect-error the items of this stream are numbers
  @Serves(Follow)
  async *otherItems(): AsyncGenerator<{ n: string }> {
    yield { n: '1' };
  }

  // @ts-expect-error one answer, not a stream
  @Serves(Ask)
  async *streams(): AsyncGenerator<string> {
    yield '';
  }
}

export const asking = async (bus: Bus, context: RequestContext): Promise<void> => {
  const outcome = await bus.ask(Submit, { code: '' }, context);
  if (outcome.accepted) outcome.value.id satisfies z.infer<typeof RunId>;
  else outcome.rejection.code satisfies 'QuotaExhausted' | BusRefusal;

  // @ts-expect-error an outcome may be a refusal
  outcome.value;
  // @ts-expect-error the contract wants `code`
  await bus.ask(Submit, {}, context);
  // @ts-expect-error nor has it a `file`
  await bus.ask(Submit, { code: '', file: '' }, context);

  refuse(await bus.ask(Submit, { code: '' }, context)).value.id satisfies z.infer<typeof RunId>;
  for await (const { n } of bus.askStream(Follow, { id: RunId.parse('') }, context)) n satisfies number;
  // @ts-expect-error the contract wants an id
  bus.askStream(Follow, {}, context);
};

it('is proven by the compiler', () => {
  expect(Serves).toBeInstanceOf(Function);
});
