import type { Operation, OutputOf, PaidOperation, RequestOf } from '@orrery/contracts';
import type { ItemStream, Outcome } from '@orrery/messaging';
import type { Caller } from './access/caller.ts';
import type { Frame } from './edge/server-sent-events.ts';
import type { Failure } from './failure.ts';
import type { Client } from './inference/shapes/shape.ts';

/** The parts of a request as they came, unjudged. */
export interface Parts {
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  readonly body: unknown;
}

/** One request on its way: what was asked, by whom, and the way to the services. */
export interface Call {
  readonly parts: Parts;
  readonly caller: Caller;
  readonly path: string;
  /** Aborted when nobody waits for the answer any more, or this instance stops. */
  readonly signal: AbortSignal;
  /** `Last-Event-ID`, where a reader of a stream goes on. */
  readonly lastEventId: string | undefined;
  /** What the client sent in a header, in lower case; undefined where it sent none, or more than one. */
  header(name: string): string | undefined;
  /** The only cookie of a name; undefined where there is none, or more than one. */
  cookie(name: string): string | undefined;
  /** The value of an operation; a refusal ends the request with its status. */
  ask<X extends Operation>(operation: X, input: RequestOf<X>): Promise<OutputOf<X>>;
  /** The same with refusals as values. */
  outcome<X extends Operation>(operation: X, input: RequestOf<X>): Promise<Outcome<X>>;
  stream<X extends Operation>(operation: X, input: RequestOf<X>): ItemStream<OutputOf<X>>;
}

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** `Set-Cookie` headers: `settingSession`, `clearingSession`. */
  readonly setCookie?: string | readonly string[];
  /** Where a browser is to go on. */
  readonly location?: string;
}

/** What a stream answers with: it has begun, and these are its frames. */
export type Frames = AsyncIterable<Frame>;

interface Base {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From the root of the host: `/orrery/v1/runs/{runId}`. */
  readonly path: string;
  /** The field of the path that names an organization by its slug. */
  readonly orgField?: string;
  /** The field of the path that names a space by its id. */
  readonly spaceField?: string;
  /** Whoever brings no bearer may bring the session cookie. */
  readonly takesCookie?: true;
  /** Headers, in lower case, in which clients may send their key instead. */
  readonly keyHeaders?: readonly string[];
}

interface Free extends Base {
  /** What it may ask; whoever may not ask all of these is turned away before the body is read. */
  readonly operations: readonly Operation[];
}

export interface AnswerRoute extends Free {
  readonly kind: 'answer';
  readonly answer: (call: Call) => Promise<Answer>;
}

export interface StreamRoute extends Free {
  readonly kind: 'stream';
  readonly frames: (call: Call) => Promise<Frames>;
}

/** A file that is written while it is read: as fast as its reader takes it, and never as a whole in memory. */
export interface Download {
  readonly contentType: string;
  readonly fileName: string;
  readonly chunks: AsyncIterable<string>;
}

export interface DownloadRoute extends Free {
  readonly kind: 'download';
  readonly download: (call: Call) => Promise<Download>;
}

/**
 * A route that costs money. What is done with a request is none of its own business: `RequestRun` reserves, forwards and settles, whatever comes
 * of it. Nothing else can be served under a paid operation.
 */
export interface PaidRoute extends Base {
  readonly kind: 'paid';
  readonly method: 'POST';
  readonly operations: readonly PaidOperation[];
  readonly client: Client;
  /** The name of the published API, for the record. */
  readonly dialect: string;
  /** The field of the path that names the model, where it is not in the body. */
  readonly modelField?: string;
  /** The member of the body that names it, where that is not `model`. */
  readonly modelMember?: string;
}

export type Route = AnswerRoute | StreamRoute | DownloadRoute | PaidRoute;

export interface Where {
  readonly path: string;
  readonly traceId: string | undefined;
}

export interface ErrorAnswer {
  readonly contentType: string;
  readonly body: unknown;
  /** Where a dialect gives a failure another status than it has by itself. */
  readonly status?: number;
}

export type ErrorShape = (failure: Failure, where: Where) => ErrorAnswer;

/** One published API: its routes, and how it says that something went wrong. */
export interface Dialect {
  readonly name: string;
  /** Whatever lies under one of these answers in this dialect's shape, routes or none. */
  readonly bases: readonly string[];
  /** Where it shares a base with others: whoever brings this header, in lower case, is a client of this one. */
  readonly header?: string;
  /** What others answer, for its own clients as well: those are known by its header, and by nothing else. */
  readonly sharedBases?: readonly string[];
  readonly routes: readonly Route[];
  readonly error: ErrorShape;
}
