import { depthLimit, depthOf } from '../../edge/read-body.ts';
import { edgeFailure, Failed } from '../../failure.ts';
import type { Message } from '../forward/attempt.ts';
import { bodyFor, type Question } from '../forward/question.ts';
import { UsageHider } from '../forward/usage-hider.ts';
import type { RouteTarget } from '../routing/route-table.ts';
import { type Complaint, clearedOf, complaintOf } from '../shapes/errors.ts';
import { isMembers, type Members, parsed } from '../shapes/members.ts';
import type { Asked, CameTo, Client, Shape } from '../shapes/shape.ts';
import { shapeOf } from '../shapes/shape-of.ts';
import { translateStream } from '../shapes/translate-stream.ts';
import { type AnswerReader, longestFrame, streamReader, wholeReader } from '../wire/answer-reader.ts';

const userAgent = 'orrery';

/** What stands between the bytes of an upstream and those of the client. */
export interface Through {
  push(chunk: Buffer): Buffer;
  end(): Buffer;
  fail?(message: string): Buffer;
}

export interface Spoken {
  readonly question: Question;
  readonly client: Client;
  readonly requestId: string;
  readonly startedAt: number;
  /** How many tokens may be written where the client does not say. */
  readonly maxOutput: number;
  /** Of the client, in lower case: of these a shape names those that it passes. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly traceparent: string | undefined;
  readonly cameTo: () => CameTo;
}

/** The protocols in which a stream counts only where it is asked to. */
const countsOnRequest: ReadonlySet<string> = new Set(['chat', 'completions']);

const shapeFor = (client: Client, { upstream }: RouteTarget): Shape => {
  const shape = shapeOf(client, upstream);
  if (shape === undefined) throw new TypeError(`${upstream.name} was chosen though it does not speak for ${client}`);
  return shape;
};

/** How one request is said to an upstream, and how what that answers is said to the client. */
export class Speech {
  readonly #spoken: Spoken;
  #body: Members | undefined;

  constructor(spoken: Spoken) {
    this.#spoken = spoken;
  }

  /** Throws `Failed` for what this upstream cannot be asked for. */
  messageFor(target: RouteTarget): Message {
    const { question, client } = this.#spoken;
    const shape = shapeFor(client, target);
    const { translation } = shape;
    return {
      path: shape.path,
      headers: this.#headersFor(shape, target),
      body: translation
        ? Buffer.from(JSON.stringify(translation.request(this.#asked(target))))
        : bodyFor(question, { model: target.model, addsUsage: this.#addsUsage(shape) }),
    };
  }

  readerFor(target: RouteTarget, isStream: boolean): AnswerReader {
    const { answers } = shapeFor(this.#spoken.client, target);
    return isStream ? streamReader(answers) : wholeReader(answers);
  }

  /** Undefined where bytes pass as they are. */
  throughFor(target: RouteTarget): Through | undefined {
    const shape = shapeFor(this.#spoken.client, target);
    if (shape.translation) return translateStream(shape.translation.stream(this.#asked(target)), longestFrame);
    return this.#addsUsage(shape) ? new UsageHider() : undefined;
  }

  /** Makes of a whole answer the one that the client reads; undefined where bytes pass as they are. Throws where it is none. */
  translatorFor(target: RouteTarget): ((answer: Buffer) => Buffer) | undefined {
    const { translation } = shapeFor(this.#spoken.client, target);
    if (translation === undefined) return undefined;
    return (answer) => {
      const body = parsed(answer.toString());
      if (!isMembers(body)) throw new SyntaxError('the answer of the model server is no JSON object');
      return Buffer.from(JSON.stringify(translation.answer(body, this.#asked(target))));
    };
  }

  /** What the upstream complains of. */
  complaintIn(refusal: Buffer, { credential }: RouteTarget): Complaint {
    const text = refusal.toString();
    return clearedOf(complaintOf(parsed(text) ?? text), credential);
  }

  #headersFor({ passedHeaders, headersFor }: Shape, { credential }: RouteTarget): Record<string, string> {
    const { question, headers, requestId, traceparent } = this.#spoken;
    const all: Record<string, string> = {
      'content-type': 'application/json',
      accept: question.isStream ? 'text/event-stream' : 'application/json',
      'accept-encoding': 'identity',
      'user-agent': userAgent,
      'x-request-id': requestId,
    };
    if (traceparent !== undefined) all['traceparent'] = traceparent;
    for (const name of passedHeaders) {
      const value = headers[name];
      if (typeof value === 'string') all[name] = value;
    }
    return Object.assign(all, headersFor(credential));
  }

  #addsUsage({ answers }: Shape): boolean {
    const { isStream, wantsUsage } = this.#spoken.question;
    return isStream && !wantsUsage && countsOnRequest.has(answers);
  }

  /** Read as a whole only where it must be said in another way. */
  #asked(target: RouteTarget): Asked {
    const { question, requestId, startedAt, maxOutput, cameTo } = this.#spoken;
    if (this.#body === undefined) {
      // What is written anew is written by who calls itself for each level.
      if (depthOf(question.body) > depthLimit) throw new Failed(edgeFailure('NestedTooDeep', { details: { limit: depthLimit } }));
      const body = parsed(question.body.toString());
      if (!isMembers(body)) throw new Failed(edgeFailure('MalformedJson', { details: { reason: 'it cannot be parsed' } }));
      this.#body = body;
    }
    return { body: this.#body, named: question.model, model: target.model, requestId, now: startedAt, maxOutput, cameTo };
  }
}

/** Whether an upstream of this kind can be asked at all by such a client. */
export const speaksFor = (client: Client, { upstream }: RouteTarget): boolean => shapeOf(client, upstream) !== undefined;
