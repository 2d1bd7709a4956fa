import { type inference, parseNanos } from '@orrery/contracts';
import { type Log, metrics } from '@orrery/telemetry';
import { edgeFailure, Failed } from '../../failure.ts';
import type { Client } from '../shapes/shape.ts';
import { AnswerGuard } from './answer-guard.ts';
import { Blocked } from './blocked.ts';
import type { Elsewhere } from './elsewhere/elsewhere.ts';
import { type Guarding, type Guards, guardsFor } from './guards.ts';
import { type Review, reviewed } from './review.ts';
import { guardedRequest, requestTexts } from './texts/guarded-request.ts';

export interface RunGuardOptions {
  readonly guardrails: readonly inference.Guardrail[];
  readonly guarding: Guarding;
  readonly client: Client;
  readonly orgId: string;
  readonly requestId: string;
  readonly elsewhere: Elsewhere;
  readonly log: Log;
}

/** The guardrails that one request passes, there and back. */
export class RunGuard {
  readonly #options: RunGuardOptions;
  readonly #guards: Guards;

  constructor(options: RunGuardOptions) {
    this.#options = options;
    this.#guards = guardsFor(options.guardrails, options.guarding);
  }

  /** Those that hold for it. */
  get guardrails(): readonly inference.Guardrail[] {
    return this.#guards.all;
  }

  /** Throws `Failed` where the most that it can come to is more than it may. */
  refuseCost(cost: bigint, currency: string): void {
    const exceeded = this.#guards.costs.find(({ most }) => cost > parseNanos(most));
    if (exceeded === undefined) return;
    const { name: guardrail, most } = exceeded;
    throw new Failed(edgeFailure('RequestTooCostly', { details: { guardrail, most, cost: String(cost), currency } }));
  }

  /** Whether anybody looks at what is asked; else it is asked as it came. */
  get reads(): boolean {
    return this.#guards.request !== undefined;
  }

  /** What is asked, as it may be asked. Throws `Blocked` where it may not, and `Failed` where nobody can say. */
  async asked(body: Buffer): Promise<Buffer> {
    const { request: stage } = this.#guards;
    if (stage === undefined) return body;
    const { client } = this.#options;
    const masked = await this.#guarded(body, stage.hasRules ? stage.watches : undefined);
    if (stage.http.length === 0) return masked;
    return await reviewed(requestTexts(client, masked), { ...this.#review('request'), guardrails: stage.http });
  }

  /** Undefined where answers pass as they are. */
  answer(): AnswerGuard | undefined {
    const { answer: stage } = this.#guards;
    return stage && new AnswerGuard({ client: this.#options.client, stage, review: this.#review('answer') });
  }

  async #guarded(body: Buffer, watches: Parameters<typeof guardedRequest>[2] | undefined): Promise<Buffer> {
    if (watches === undefined) return body;
    const { body: masked, blockedBy, hasMasked } = await guardedRequest(this.#options.client, body, watches);
    if (blockedBy !== undefined) throw new Blocked('request', blockedBy);
    if (hasMasked) metrics.guardrails.add(1, { did: 'masked', stage: 'request' });
    return masked;
  }

  #review(stage: inference.GuardrailStage): Omit<Review, 'guardrails'> {
    const { elsewhere, log, orgId, requestId, guarding } = this.#options;
    const [model = ''] = guarding.models;
    return { elsewhere, log, questioning: { orgId, requestId, keyId: guarding.keyId ?? null, model, stage } };
  }
}
