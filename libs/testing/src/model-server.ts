import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { freePort } from '@orrery/servers';
import { completes } from './model-acts.ts';
import type { ModelAct, ModelVisit } from './model-visit.ts';

type Fields = ModelVisit['body'];

/** A server that speaks OpenAI's protocol as a test wants it to: well, or not. */
export interface ModelServer {
  /** As an upstream has it. */
  readonly baseUrl: string;
  readonly visits: ModelVisit[];
  /** What it does with the next requests, one after the other; then what it always does. */
  next(...acts: readonly ModelAct[]): void;
  always(act: ModelAct): void;
  /** Requests that are being answered. */
  readonly answering: number;
  readonly connections: number;
  readonly stop: () => Promise<void>;
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};

const fieldsOf = (raw: string): Fields => {
  try {
    return Object(JSON.parse(raw)) as Fields;
  } catch {
    return {};
  }
};

class Running implements ModelServer {
  readonly visits: ModelVisit[] = [];
  readonly baseUrl: string;
  answering = 0;
  readonly #server: Server;
  readonly #sockets: ReadonlySet<Socket>;
  #script: ModelAct[] = [];
  #always: ModelAct = completes();

  constructor(port: number) {
    this.baseUrl = `http://127.0.0.1:${port}/v1`;
    const sockets = new Set<Socket>();
    this.#sockets = sockets;
    this.#server = createServer((request, response) => void this.#serve(request, response).catch(() => request.socket.destroy()));
    this.#server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    });
  }

  get connections(): number {
    return this.#sockets.size;
  }

  next(...acts: readonly ModelAct[]): void {
    this.#script.push(...acts);
  }

  always(act: ModelAct): void {
    this.#script = [];
    this.#always = act;
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => this.#server.once('error', reject).listen(port, '127.0.0.1', resolve));
  }

  stop = (): Promise<void> =>
    new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.answering += 1;
    response.once('close', () => {
      this.answering -= 1;
    });
    const raw = await bodyOf(request);
    const { url: path = '', headers, socket } = request;
    const visit = { path, headers, raw, body: fieldsOf(raw), response, socket };
    this.visits.push(visit);
    await (this.#script.shift() ?? this.#always)(visit);
  }
}

/** `port`: one that was free a moment ago; left out, any. */
export const startModelServer = async (port?: number): Promise<ModelServer> => {
  const at = port ?? (await freePort());
  const running = new Running(at);
  await running.listen(at);
  return running;
};
