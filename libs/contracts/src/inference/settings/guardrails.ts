import { z } from 'zod';
import { ModelRef } from '../../catalog/models/names.ts';
import { ApiKeyId } from '../../identity/keys/types.ts';
import { NanosText } from '../../money.ts';
import { Text } from '../../values.ts';

/** As it is named in refusals and in the inference log. */
export const GuardrailName = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/, 'lower-case letters, digits and hyphens, at most 40');

/** It stands in texts, and in JSON within texts: so it has nothing that ends a string. */
const Placeholder = z
  .string()
  .min(1)
  .max(60)
  .regex(/^[^"\\\p{C}]+$/u, 'no quotes, backslashes or control characters');

/** Before a model reads it, or before the client does. */
export const GuardrailStage = z.enum(['request', 'answer']).meta({ id: 'GuardrailStage' });
export type GuardrailStage = z.infer<typeof GuardrailStage>;

const onlyFor = {
  /** Left out: whatever model is asked, by any of its names. */
  models: z.array(ModelRef).min(1).max(50).optional(),
  /** Left out: whoever asks. */
  keys: z.array(ApiKeyId).min(1).max(50).optional(),
};

const everyStage: GuardrailStage[] = ['request', 'answer'];

const detecting = {
  name: GuardrailName,
  stages: z.array(GuardrailStage).min(1).max(2).default(everyStage),
  /** `block`: it does not pass at all. `mask`: something else stands for what was found. */
  action: z.enum(['block', 'mask']),
  ...onlyFor,
};

export const PersonalDataKind = z.enum(['email', 'phone', 'credit-card', 'iban', 'ip-address', 'us-ssn']).meta({ id: 'PersonalDataKind' });
export type PersonalDataKind = z.infer<typeof PersonalDataKind>;

/** What is looked for in what models are asked and what they answer. */
export const Guardrail = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('patterns'),
    ...detecting,
    /** In the syntax of RE2: without look-around and references. */
    patterns: z.array(Text.min(1).max(500)).min(1).max(20),
    ignoresCase: z.boolean().default(false),
    placeholder: Placeholder.default('[REDACTED]'),
  }),
  /** Each is masked by its kind, as `[EMAIL]`. */
  z.strictObject({ kind: z.literal('personal-data'), ...detecting, data: z.array(PersonalDataKind).min(1).max(6) }),
  z.strictObject({
    kind: z.literal('terms'),
    ...detecting,
    /** Whatever their case, accents and white space. */
    terms: z.array(Text.trim().min(1).max(100)).min(1).max(1_000),
    /** A term is none within a longer word. */
    wholeWords: z.boolean().default(true),
    placeholder: Placeholder.default('[REDACTED]'),
  }),
  z.strictObject({
    kind: z.literal('cost'),
    name: GuardrailName,
    ...onlyFor,
    /** The most that one request may come to, in nano-units. */
    most: NanosText.refine((text) => !text.startsWith('-'), { error: 'is less than nothing', params: { mend: 'send 0 or more' } }),
  }),
  z.strictObject({
    kind: z.literal('http'),
    name: GuardrailName,
    stages: z.array(GuardrailStage).min(1).max(2).default(everyStage),
    ...onlyFor,
    /** Who is asked for a verdict: with TLS at a public address, or at a host that the operator trusts. */
    url: Text.max(500).regex(/^https?:\/\/[^/?#@\s]+(?:[/?][^#\s]*)?$/, 'http:// or https:// with host, port, path and query alone'),
    timeoutMs: z.int().min(100).max(10_000).default(2_000),
    /** Where there is no verdict. */
    onFailure: z.enum(['block', 'allow']),
  }),
]);
export type Guardrail = z.infer<typeof Guardrail>;

export const mostGuardrails = 20;

/** In all guardrails together: each is a state of the automaton in which every gateway holds the terms. */
const mostTermCharacters = 100_000;

/** As they are compared, some characters are many: of a ligature each letter counts. */
const termCharactersIn = (guardrails: readonly Guardrail[]): number =>
  guardrails
    .flatMap((guardrail) => (guardrail.kind === 'terms' ? guardrail.terms : []))
    .reduce((sum, term) => sum + term.normalize('NFKD').length, 0);

/** In the order in which they are asked. */
export const Guardrails = z
  .array(Guardrail)
  .max(mostGuardrails)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
    error: 'two have the same name',
    params: { mend: 'give each a name of its own' },
  })
  .refine((all) => termCharactersIn(all) <= mostTermCharacters, {
    error: `have more than ${mostTermCharacters} characters in their terms`,
    params: { mend: 'look for fewer or shorter terms' },
  });
