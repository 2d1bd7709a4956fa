import type { Offer } from '../admission/offer.ts';
import { RunGuard } from '../guardrails/run-guard.ts';
import type { RunCall } from './run-call.ts';
import type { RunParts } from './run-parts.ts';

/** The guardrails of whoever asks, for what is asked. */
export const guardOf = ({ orgSettings, elsewhere, log }: RunParts, { asker }: RunCall, { orgId, model }: Offer): RunGuard => {
  const { requestId, client, caller } = asker;
  const keyId = caller.principal.kind === 'key' ? caller.principal.id : undefined;
  return new RunGuard({
    guardrails: orgSettings.of(orgId).guardrails,
    guarding: { models: [...new Set([model.name, ...model.names, model.modelId])], keyId },
    client,
    orgId,
    requestId,
    elsewhere,
    log,
  });
};
