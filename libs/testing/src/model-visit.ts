import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** One request as it came to a model server. */
export interface ModelVisit {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly raw: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly response: ServerResponse;
  readonly socket: Socket;
}

/** What a model server does with one request. */
export type ModelAct = (visit: ModelVisit) => void | Promise<void>;
