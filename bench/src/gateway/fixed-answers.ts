/** What the model server of the benchmark says, made once: it must cost next to nothing beside what is measured. */
export const chunksOfStream = 50;

const usage = { prompt_tokens: 19, completion_tokens: chunksOfStream, total_tokens: 19 + chunksOfStream };
const of = { id: 'chatcmpl-fixed', created: 1_760_000_000, model: 'fixed' };

const completion = JSON.stringify({
  ...of,
  object: 'chat.completion',
  choices: [
    { index: 0, message: { role: 'assistant', content: 'The quick brown fox jumps over the lazy dog. '.repeat(4) }, finish_reason: 'stop' },
  ],
  usage,
});

const frame = (said: object): string => `data: ${JSON.stringify({ ...of, object: 'chat.completion.chunk', ...said })}\n\n`;
const chunk = (text: string): Buffer => Buffer.from(`${text.length.toString(16)}\r\n${text}\r\n`);

const said = (content: string, finish: string | null = null): string =>
  frame({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] });

const ending = `${said('', 'stop')}${frame({ choices: [], usage })}data: [DONE]\n\n`;

export const wholeAnswer = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${completion.length}\r\n\r\n${completion}`,
);

export const streamHead = Buffer.from('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n');

/** Each is written by itself; the last one says what was used, and that nothing follows. */
export const streamChunks: readonly Buffer[] = [
  ...Array.from({ length: chunksOfStream - 1 }, (_, index) => chunk(said(` token ${index}`))),
  Buffer.concat([chunk(ending), Buffer.from('0\r\n\r\n')]),
];

export const taken = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
export const unknown = Buffer.from('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n');
