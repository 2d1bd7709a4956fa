import { type Details, named, type Sentence } from './sentence.ts';

const whose: ReadonlyMap<unknown, string> = new Map([
  ['key', 'of this API key'],
  ['user', 'of this person'],
  ['org', 'of this organization'],
  ['model', 'of this organization for this model'],
]);
const whoMends: ReadonlyMap<unknown, string> = new Map([
  ['key', 'whoever manages the key'],
  ['organization', "whoever manages the organization's money"],
]);
const tokens: ReadonlyMap<unknown, string> = new Map([
  ['tokens.input', 'tokens of prompts'],
  ['tokens.output', 'tokens of answers'],
]);
const limitIn = (details: Details): string => named(details, 'limit', 'All');
const whoseIn = ({ limitOf }: Details): string => whose.get(limitOf) ?? 'that are allowed';
const tokensIn = ({ unit }: Details): string => tokens.get(unit) ?? 'tokens';
const askIn = ({ setBy }: Details): string => `ask ${whoMends.get(setBy) ?? 'the operator'}`;
const waitIn = (details: Details): string => `try again in ${named(details, 'retryAfterSeconds', 'a few')} s`;

/** Why somebody may not call a model now: which limit it is, and what mends it. */
export const usageSentences: Readonly<Record<string, Sentence>> = {
  ModelNotAllowed: (details) =>
    `This API key may not call ${named(details, 'model', 'this model')}: use another key, or add the model to those that it may call.`,
  ModelOffline: (details) =>
    `${named(details, 'model', 'The model')} is not served at the moment: choose another model, or try again later.`,
  PricedInOtherCurrency: (details) =>
    `${named(details, 'model', 'The model')} is priced in ${named(details, 'prices', 'one currency')} and the account is in ${named(details, 'account', 'another one')}: the operator must mend it.`,
  RequestBlocked: (details) =>
    `The guardrail ${named(details, 'guardrail', 'of this organization')} does not let this request pass: change what is asked, or ask whoever manages the organization.`,
  AnswerBlocked: (details) =>
    `The guardrail ${named(details, 'guardrail', 'of this organization')} does not let the answer pass: ask for something else, or ask whoever manages the organization.`,
  RequestTooCostly: (details) =>
    `This request may cost ${named(details, 'cost', 'more')} nano-units and the guardrail ${named(details, 'guardrail', 'of this organization')} allows ${named(details, 'most', 'less')}: ask for fewer tokens (max_tokens), or a cheaper model.`,
  GuardrailUnavailable: (details) =>
    `The guardrail ${named(details, 'guardrail', 'of this organization')} gave no verdict, and without one nothing passes: try again, or ask whoever manages the organization.`,
  RequestsLimited: (details) =>
    `${limitIn(details)} requests a minute ${whoseIn(details)} are used up: ${waitIn(details)}, or ${askIn(details)} for more.`,
  TokensLimited: (details) =>
    `${limitIn(details)} ${tokensIn(details)} a minute ${whoseIn(details)} are used up: ${waitIn(details)}, send less, or ${askIn(details)} for more.`,
  TooManyAtOnce: (details) =>
    `${limitIn(details)} requests at the same time ${whoseIn(details)} are under way already: wait until one has ended, or ${askIn(details)} for more.`,
  BudgetSpent: (details) =>
    `The budget of ${limitIn(details)} a ${named(details, 'period', 'period')} ${whoseIn(details)} is spent: it begins anew at ${named(details, 'beginsAnewAt', 'its end')}, or ${askIn(details)} for more.`,
  TokenBudgetSpent: (details) =>
    `The ${limitIn(details)} ${tokensIn(details)} a ${named(details, 'period', 'period')} ${whoseIn(details)} are used up: they begin anew at ${named(details, 'beginsAnewAt', 'its end')}, or ${askIn(details)} for more.`,
  IdempotencyKeyInUse: 'The request with this Idempotency-Key is still under way: come again for its answer.',
  AnswerNotKept:
    'The request with this Idempotency-Key was made and charged, but its answer is not kept, being too long or one of too many: use a new key to make it again.',
  IdempotencyUnavailable:
    'Whether this Idempotency-Key was used cannot be found out just now, so nothing was done: try again, or send the request without one.',
};
