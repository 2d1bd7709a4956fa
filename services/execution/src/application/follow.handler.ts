import { Controller } from '@nestjs/common';
import { execution, type InputOf, type RequestContext } from '@orrery/contracts';
import { refuse, Serves } from '@orrery/messaging';
import { type OutputPlace, outputStart } from '../domain/output-order.ts';
import { FollowedRun, type FollowParts } from './follow-run.ts';

const placeOf = (after: string | undefined): OutputPlace => {
  const [attempt, seq] = (after ?? '').split('.').map(Number);
  return attempt === undefined || seq === undefined ? outputStart : { attempt, seq };
};

/** Nest needs a class to inject. */
export class Following {
  readonly parts: FollowParts;

  constructor(parts: FollowParts) {
    this.parts = parts;
  }
}

@Controller()
export class FollowHandler {
  private readonly parts: FollowParts;

  constructor({ parts }: Following) {
    this.parts = parts;
  }

  @Serves(execution.FollowRun)
  async follow(
    { runId, after }: InputOf<typeof execution.FollowRun>,
    { orgId }: RequestContext,
    signal: AbortSignal,
  ): Promise<AsyncIterable<execution.RunOutputItem>> {
    const row = (await this.parts.reader.row(runId, orgId)) ?? refuse({ code: 'RunNotFound', details: {} });
    return new FollowedRun(this.parts, row, { after: placeOf(after), signal }).items();
  }
}
