import { metrics } from '@orrery/telemetry';
import type { Client } from '../shapes/shape.ts';
import { GuardedStream } from './answers/guarded-stream.ts';
import { streamTexts } from './answers/reviewed-stream.ts';
import { Blocked } from './blocked.ts';
import type { Stage } from './guards.ts';
import { type Review, reviewed } from './review.ts';
import { answerTexts, guardedAnswer } from './texts/guarded-answer.ts';

/** A frame holds at most a picture. */
const longestFrame = 16_777_216;

/** What stands between the bytes of an upstream and those of the client. */
export interface Through {
  push(chunk: Buffer): Buffer;
  end(): Buffer;
  fail?(message: string): Buffer;
}

export interface AnswerGuardOptions {
  readonly client: Client;
  readonly stage: Stage;
  readonly review: Omit<Review, 'guardrails'>;
}

/** What an answer passes on its way to the client, in the client's protocol. */
export class AnswerGuard {
  readonly #options: AnswerGuardOptions;
  #stream: GuardedStream | undefined;

  constructor(options: AnswerGuardOptions) {
    this.#options = options;
  }

  /** Of the guardrail that ended a stream, which has been told so. */
  get blockedBy(): string | undefined {
    return this.#stream?.blockedBy;
  }

  /** Behind what translates; what that one has to say of a failure is said as it is. */
  through(inner: Through | undefined): Through | undefined {
    const { client, stage } = this.#options;
    if (!stage.hasRules) return inner;
    const stream = new GuardedStream({ client, watches: stage.watches, maxFrameBytes: longestFrame });
    this.#stream = stream;
    if (inner === undefined) return stream;
    const guarded = {
      push: (chunk: Buffer) => stream.push(inner.push(chunk)),
      end: () => Buffer.concat([stream.push(inner.end()), stream.end()]),
    };
    const { fail } = inner;
    return fail === undefined ? guarded : { ...guarded, fail: (message) => fail.call(inner, message) };
  }

  /** Whether all of it must be there before any of it is given out. */
  reviews(isStream: boolean): boolean {
    return !isStream || this.#options.stage.http.length > 0;
  }

  /** Throws `Blocked` where it must not pass, and `Failed` where nobody can say. */
  async review(body: Buffer, isStream: boolean): Promise<Buffer> {
    const { client, stage, review } = this.#options;
    const { http: guardrails } = stage;
    const judge = { ...review, guardrails };
    if (isStream) return await reviewed(streamTexts(client, body), judge);
    const {
      body: masked,
      blockedBy,
      hasMasked,
    } = stage.hasRules ? await guardedAnswer(client, body, stage.watches) : { body, blockedBy: undefined, hasMasked: false };
    if (blockedBy !== undefined) throw new Blocked('answer', blockedBy);
    if (hasMasked) metrics.guardrails.add(1, { did: 'masked', stage: 'answer' });
    return guardrails.length === 0 ? masked : await reviewed(answerTexts(client, masked), judge);
  }
}
