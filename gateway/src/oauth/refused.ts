import type { Operation } from '@orrery/contracts';
import type { Outcome } from '@orrery/messaging';
import { errors } from 'oidc-provider';
import { sentenceOf } from '../sentences.ts';

/** A refusal of a service in the words of the protocol. */
class Slow extends errors.CustomOIDCProviderError {
  override statusCode = 429;
  override status = 429;
}

/** The value, or an error that the provider puts into its own form. */
export const granted = <X extends Operation>(outcome: Outcome<X>): Extract<Outcome<X>, { accepted: true }>['value'] => {
  if (outcome.accepted) return outcome.value;
  const { code, details } = outcome.rejection;
  const sentence = sentenceOf(code, { ...details });
  if (code === 'TooManyTries') throw new Slow('slow_down', sentence);
  throw new errors.InvalidRequest(sentence);
};
