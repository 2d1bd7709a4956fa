import type { Log } from '@orrery/telemetry';
import { metrics } from '@orrery/telemetry';
import { edgeFailure, Failed } from '../../failure.ts';
import { Blocked } from './blocked.ts';
import type { Elsewhere, Questioning } from './elsewhere/elsewhere.ts';
import type { HttpGuardrail } from './guards.ts';

/** What a body says, and what makes another body of other texts. */
export interface Readable {
  readonly texts: readonly string[];
  readonly withTexts: (texts: readonly string[]) => Buffer;
}

export interface Review {
  readonly elsewhere: Elsewhere;
  readonly guardrails: readonly HttpGuardrail[];
  readonly questioning: Omit<Questioning, 'texts'>;
  readonly log: Log;
}

/** Throws `Blocked` where one does not let it pass, and `Failed` where one must be asked and cannot be. Each is asked about what the one before left. */
export const reviewed = async ({ texts, withTexts }: Readable, review: Review): Promise<Buffer> => {
  let known = texts;
  for (const guardrail of review.guardrails) known = await judged(guardrail, known, review);
  return withTexts(known);
};

const judged = async (
  guardrail: HttpGuardrail,
  texts: readonly string[],
  { elsewhere, questioning, log }: Review,
): Promise<readonly string[]> => {
  const { name, onFailure } = guardrail;
  // Nothing was said that could be judged.
  if (texts.every((text) => text === '')) return texts;
  try {
    const verdict = await elsewhere.ask(guardrail, { ...questioning, texts });
    metrics.guardrailVerdicts.add(1, { verdict: verdict.verdict });
    if (verdict.verdict === 'block') throw new Blocked(questioning.stage, name);
    return verdict.verdict === 'replace' ? verdict.texts : texts;
  } catch (error) {
    if (error instanceof Blocked) throw error;
    metrics.guardrailVerdicts.add(1, { verdict: 'none' });
    log.warn({ err: error, guardrail: name, org_id: questioning.orgId, request_id: questioning.requestId }, 'a guardrail gave no verdict');
    if (onFailure === 'allow') return texts;
    throw new Failed(edgeFailure('GuardrailUnavailable', { details: { guardrail: name }, headers: { 'retry-after': '1' } }));
  }
};
