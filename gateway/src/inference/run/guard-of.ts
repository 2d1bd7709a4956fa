import type { Offer } from '../admission/offer.ts';
import { questionIn } from '../forward/question.ts';
import { RunGuard } from '../guardrails/run-guard.ts';
import type { RunCall } from './run-call.ts';
import type { RunParts } from './run-parts.ts';

/** The guardrails of whoever asks, for what is asked. */
export const guardOf = ({ orgSettings, elsewhere, log }: RunParts, { asker }: RunCall, { orgId, model }: Offer): RunGuard => {
  const { requestId, client, caller } = asker;
  const keyId = caller.principal.kind === 'key' ? caller.principal.id : undefined;
  const { guardrails } = orgSettings.of(orgId);
  return new RunGuard({
    guardrails,
    // Where there are none, nobody asks what the model is called.
    guarding: { models: guardrails.length === 0 ? [] : [...new Set([model.name, ...model.names, model.modelId])], keyId },
    client,
    orgId,
    requestId,
    elsewhere,
    log,
  });
};

/** What is asked, as guardrails let it be asked. Throws `Failed` where they do not. */
export const guarded = async (guard: RunGuard, call: RunCall): Promise<RunCall> => {
  const { question, taps } = call;
  const body = await guard.asked(question.body).catch((error: unknown) => {
    for (const tap of taps) tap.withheld?.();
    throw error;
  });
  if (body === question.body) return call;
  const asked = questionIn(body, { named: question.model });
  for (const tap of taps) tap.asked?.(asked);
  return { ...call, question: asked };
};
