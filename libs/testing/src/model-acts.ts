import { pause } from '@orrery/kernel';
import type { ModelAct, ModelVisit } from './model-visit.ts';

export interface ModelUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
}

export interface Completion {
  /** Pieces of a stream; together the whole. */
  readonly words?: readonly string[];
  /** Null: it tells none. */
  readonly usage?: ModelUsage | null;
  /** Between two pieces. */
  readonly everyMs?: number;
}

const words = ['Hello', ', ', 'world', '!'];
const usage: ModelUsage = { prompt_tokens: 11, completion_tokens: 4 };
const id = 'chatcmpl-1';

const frame = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const wordFrame = (content: string): string => frame({ id, object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content } }] });
const endFrame = frame({ id, object: 'chat.completion.chunk', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });

const total = ({ prompt_tokens, completion_tokens }: ModelUsage) => ({
  prompt_tokens,
  completion_tokens,
  total_tokens: prompt_tokens + completion_tokens,
});

const begin = ({ response }: ModelVisit): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'set-cookie': 'upstream=secret', server: 'model' });
};

const wants = ({ body }: ModelVisit): boolean => {
  const options = body['stream_options'];
  return typeof options === 'object' && options !== null && Reflect.get(options, 'include_usage') === true;
};

/** Until the client takes more, or is gone. */
const takenOf = (response: ModelVisit['response']): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });

const stream = async (visit: ModelVisit, { words: pieces = words, usage: counted = usage, everyMs }: Completion): Promise<void> => {
  const { response } = visit;
  begin(visit);
  for (const piece of pieces) {
    if (response.destroyed) return;
    if (!response.write(wordFrame(piece))) await takenOf(response);
    if (everyMs !== undefined) await pause(everyMs);
  }
  response.write(endFrame);
  if (counted && wants(visit)) response.write(frame({ id, object: 'chat.completion.chunk', choices: [], usage: total(counted) }));
  response.end('data: [DONE]\n\n');
};

const whole = ({ response, path }: ModelVisit, { words: pieces = words, usage: counted = usage }: Completion): void => {
  const content = pieces.join('');
  const told = counted ? { usage: total(counted) } : {};
  const body = path.endsWith('/embeddings')
    ? { object: 'list', data: [{ object: 'embedding', index: 0, embedding: [0.5, -0.5] }], model: 'served', ...told }
    : path.endsWith('/chat/completions')
      ? { id, object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }], ...told }
      : { id, object: 'text_completion', choices: [{ index: 0, text: content, finish_reason: 'stop' }], ...told };
  const text = JSON.stringify(body);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text);
};

/** Answers well, as a stream where that is asked for. */
export const completes =
  (completion: Completion = {}): ModelAct =>
  (visit) =>
    visit.body['stream'] === true ? stream(visit, completion) : whole(visit, completion);

/** Says no. */
export const refuses =
  (status: number, { headers = {}, message = 'no' }: { headers?: Readonly<Record<string, string>>; message?: string } = {}): ModelAct =>
  ({ response }) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ error: { message, type: 'x', param: 'messages', code: 'no_way' } }));
  };

/** Resets the connection before it has said anything. */
export const resets: ModelAct = ({ socket }) => {
  socket.resetAndDestroy();
};

/** Resets it in the middle of a header. */
export const resetsInHead: ModelAct = ({ socket }) => {
  socket.write('HTTP/1.1 200 OK\r\ncontent-ty', () => socket.resetAndDestroy());
};

/** Streams some words and then resets the connection. */
export const resetsAfter =
  (pieces: readonly string[]): ModelAct =>
  (visit) => {
    begin(visit);
    visit.response.write(pieces.map(wordFrame).join(''), () => visit.socket.resetAndDestroy());
  };

/** Ends in the middle of a character, and of a frame. */
export const halvesCharacter: ModelAct = (visit) => {
  begin(visit);
  const bytes = Buffer.from(wordFrame('ü'));
  visit.response.write(wordFrame('ok'));
  visit.response.write(bytes.subarray(0, bytes.indexOf('ü') + 1), () => visit.socket.resetAndDestroy());
};

/** Takes the request and says nothing for ever. */
export const ignores: ModelAct = () => undefined;

/** Streams some words and then nothing for ever. */
export const stallsAfter =
  (pieces: readonly string[]): ModelAct =>
  (visit) => {
    begin(visit);
    visit.response.write(pieces.map(wordFrame).join(''));
  };

/** Streams these bytes and ends as if all were well. */
export const streams =
  (text: string): ModelAct =>
  (visit) => {
    begin(visit);
    visit.response.end(text);
  };

/** A frame without an end, as long as somebody takes it. */
export const floods: ModelAct = async (visit) => {
  begin(visit);
  const { response } = visit;
  response.write('data: {"choices":[{"delta":{"content":"');
  const block = Buffer.alloc(65_536, 'x');
  while (!response.destroyed) {
    if (!response.write(block)) await takenOf(response);
  }
};
