import type { inference } from '@orrery/contracts';
import type { Watch } from './masking.ts';
import { type Rule, ruleFor } from './rules.ts';

type Guardrail = inference.Guardrail;

export type CostGuardrail = Extract<Guardrail, { kind: 'cost' }>;
export type HttpGuardrail = Extract<Guardrail, { kind: 'http' }>;

/** What is asked of what, by whom. */
export interface Guarding {
  /** All names of the model, in lower case or not. */
  readonly models: readonly string[];
  readonly keyId: string | undefined;
}

/** What watches one stage of one request. */
export interface Stage {
  /** Anew for each text; empty where nothing is looked for here. */
  readonly watches: () => readonly Watch[];
  readonly hasRules: boolean;
  readonly http: readonly HttpGuardrail[];
}

/** The guardrails that one request passes. */
export interface Guards {
  /** In the order in which they are asked. */
  readonly all: readonly Guardrail[];
  readonly costs: readonly CostGuardrail[];
  /** Undefined where nobody asks: then nothing is read. */
  readonly request: Stage | undefined;
  readonly answer: Stage | undefined;
}

const none: Guards = { all: [], costs: [], request: undefined, answer: undefined };

const concerns = ({ models, keys }: Guardrail, { models: names, keyId }: Guarding): boolean => {
  if (keys !== undefined && !keys.some((key) => key === keyId)) return false;
  if (models === undefined) return true;
  const known = new Set(names.map((name) => name.toLowerCase()));
  return models.some((model) => known.has(model.toLowerCase()));
};

const stageOf = (guardrails: readonly Guardrail[], stage: inference.GuardrailStage): Stage | undefined => {
  const rules: Rule[] = [];
  const http: HttpGuardrail[] = [];
  for (const guardrail of guardrails) {
    if (guardrail.kind === 'cost' || !guardrail.stages.includes(stage)) continue;
    if (guardrail.kind === 'http') http.push(guardrail);
    else rules.push(ruleFor(guardrail));
  }
  if (rules.length === 0 && http.length === 0) return undefined;
  return { watches: () => rules.flatMap(({ watches }) => watches()), hasRules: rules.length > 0, http };
};

export const guardsFor = (guardrails: readonly Guardrail[], guarding: Guarding): Guards => {
  if (guardrails.length === 0) return none;
  const asked = guardrails.filter((guardrail) => concerns(guardrail, guarding));
  return {
    all: asked,
    costs: asked.filter((guardrail) => guardrail.kind === 'cost'),
    request: stageOf(asked, 'request'),
    answer: stageOf(asked, 'answer'),
  };
};
