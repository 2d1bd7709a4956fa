import type { inference } from '@orrery/contracts';
import { edgeFailure, Failed } from '../../failure.ts';

type Stage = inference.GuardrailStage;

const codes = { request: 'RequestBlocked', answer: 'AnswerBlocked' } as const;

/** A guardrail does not let it pass. What it found is not said: whoever is not to see it would. */
export class Blocked extends Failed {
  readonly guardrail: string;
  readonly stage: Stage;

  constructor(stage: Stage, guardrail: string) {
    super(edgeFailure(codes[stage], { details: { guardrail } }));
    this.guardrail = guardrail;
    this.stage = stage;
  }
}
