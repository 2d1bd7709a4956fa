import type { Protocol } from '../wire/shapes.ts';
import type { Members } from './members.ts';

/** How a client speaks: one of the protocols, or a published API with a question of its own. */
export type Client = Protocol | 'deeplogix' | 'lyceum';

/** One request, as its translation must know it. */
export interface Asked {
  /** As the client sent it. */
  readonly body: Members;
  /** What the client called the model, and what the upstream calls it. */
  readonly named: string;
  readonly model: string;
  readonly requestId: string;
  /** When it came, in milliseconds. */
  readonly now: number;
  /** How many tokens may be written where the client does not say. */
  readonly maxOutput: number;
  /** What the request has come to, asked when its whole answer is there. */
  readonly cameTo: () => CameTo;
}

export interface CameTo {
  /** In nano-units. */
  readonly cost: bigint;
  readonly ms: number;
}

/** A frame of server-sent events, with the name of its event where the protocol has names. */
export interface Sent {
  readonly event?: string;
  readonly data: Members | '[DONE]';
}

/** A stream in another protocol, frame by frame. It keeps of what passed only what a later frame must say again. */
export interface StreamMapping {
  next(event: Members): readonly Sent[];
  /** Nothing more comes. `isWhole`: the upstream said so; else it may just have broken off. */
  end(isWhole: boolean): readonly Sent[];
  /** What tells the client that the rest will not come. */
  fail(message: string): readonly Sent[];
}

/** What speaks to the upstream in its protocol for a client of another. */
export interface Translation {
  /** Throws `Failed` for what this upstream cannot be asked for. */
  readonly request: (asked: Asked) => Members;
  /** A whole answer of success. */
  readonly answer: (body: Members, asked: Asked) => Members;
  readonly stream: (asked: Asked) => StreamMapping;
}

export interface Shape {
  /** Below the upstream's base URL. */
  readonly path: string;
  /** In which protocol the upstream answers: what reads along must read that. */
  readonly answers: Protocol;
  readonly headersFor: (credential: string | undefined) => Readonly<Record<string, string>>;
  /** Headers of the client, in lower case, that mean something to this upstream. */
  readonly passedHeaders: readonly string[];
  /** Undefined where both speak the same: then bytes pass as they are, with another name for the model. */
  readonly translation: Translation | undefined;
}
