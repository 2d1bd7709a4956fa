import type { Members } from './members.ts';
import type { Asked, Client, StreamMapping } from './shape.ts';
import { shapeOf } from './shape-of.ts';
import { translateStream } from './translate-stream.ts';

const askedBy = (body: Members = {}): Asked => ({
  body,
  named: 'small',
  model: 'small-1',
  requestId: '1',
  now: 1_700_000_000_000,
  maxOutput: 100,
  cameTo: () => ({ cost: 1_500n, ms: 3 }),
});

const mappingOf = (client: Client, kind: 'openai' | 'anthropic', body: Members = {}): StreamMapping => {
  const translation = shapeOf(client, { kind, alsoSpeaks: [] })?.translation;
  if (!translation) throw new Error('bytes pass as they are');
  return translation.stream(askedBy(body));
};

type Frame = Members | '[DONE]';
const bytesOf = (frames: readonly Frame[]): Buffer =>
  Buffer.from(frames.map((frame) => `data: ${typeof frame === 'string' ? frame : JSON.stringify(frame)}\n\n`).join(''));

const run = (mapping: StreamMapping, bytes: Buffer): Buffer => {
  const stream = translateStream(mapping, 1_000_000);
  return Buffer.concat([stream.push(bytes), stream.end()]);
};

/** What a client reads: the data of each frame. */
const read = (bytes: Buffer): readonly Frame[] =>
  bytes
    .toString()
    .split('\n\n')
    .filter((frame) => frame !== '')
    .map((frame) => {
      const data = frame.replace(/^(?:event: .*\n)?data: /, '');
      return data === '[DONE]' ? data : JSON.parse(data);
    });

const delta = (part: Members, finish: string | null = null): Members => ({ choices: [{ index: 0, delta: part, finish_reason: finish }] });
const usage: Members = { choices: [], usage: { prompt_tokens: 9, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 3 } } };
const call = (index: number, name: string, text: string): Members =>
  delta({ tool_calls: [{ index, ...(name === '' ? {} : { id: `call_${name}`, type: 'function' }), function: { name, arguments: text } }] });

describe('Chunks for a client of the Messages API', () => {
  const events = (...frames: readonly Frame[]): readonly Frame[] => read(run(mappingOf('messages', 'openai'), bytesOf(frames)));
  const begin = [
    {
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'small',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 },
      },
    },
    { type: 'ping' },
  ];

  it('become one block of text between its beginning and its end', () => {
    expect(
      events(
        delta({ role: 'assistant', content: '' }),
        delta({ content: 'Hel' }),
        delta({ content: 'lo' }),
        delta({}, 'stop'),
        usage,
        '[DONE]',
      ),
    ).toEqual([
      ...begin,
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '', citations: null } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hel' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'lo' } },
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { input_tokens: 6, cache_creation_input_tokens: 0, cache_read_input_tokens: 3, output_tokens: 4 },
      },
      { type: 'message_stop' },
    ]);
  });

  it('that tell two calls by turns become two blocks, one after the other', () => {
    const told = events(
      call(0, 'add', ''),
      call(1, 'sub', '{"b"'),
      call(0, '', '{"a":1}'),
      call(1, '', ':2}'),
      delta({}, 'stop'),
      '[DONE]',
    );
    const json = (index: number, text: string): Members => ({
      type: 'content_block_delta',
      index,
      delta: { type: 'input_json_delta', partial_json: text },
    });
    const tool = (index: number, name: string): Members => ({
      type: 'content_block_start',
      index,
      content_block: { type: 'tool_use', id: `call_${name}`, name, input: {} },
    });
    expect(told.slice(2, -1)).toEqual([
      tool(0, 'add'),
      json(0, '{"a":1}'),
      { type: 'content_block_stop', index: 0 },
      tool(1, 'sub'),
      json(1, '{"b"'),
      json(1, ':2}'),
      { type: 'content_block_stop', index: 1 },
      expect.objectContaining({ type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null } }),
    ]);
  });

  it('end with an error where the model server fails, breaks off or sends what is no JSON, and nothing comes after it', () => {
    const error = (message: string) => ({ type: 'error', error: { type: 'api_error', message } });
    expect(events(delta({ content: 'a' }), { error: { message: 'out of memory' } }, delta({ content: 'b' })).at(-1)).toEqual(
      error('out of memory'),
    );
    expect(events(delta({ content: 'a' })).at(-1)).toEqual(error('The model server ended its answer too early.'));
    const broken = run(mappingOf('messages', 'openai'), Buffer.from('data: {"a\n\ndata: [DONE]\n\n'));
    expect(read(broken)).toEqual([error('The model server sent a frame that is no JSON object.')]);
  });

  it('end well where only the last word is missing', () => {
    expect(events(delta({ content: 'a' }), delta({}, 'length')).at(-2)).toMatchObject({ delta: { stop_reason: 'max_tokens' } });
  });
});

describe('Events of the Messages API for a client of Chat Completions', () => {
  const start = { type: 'message_start', message: { usage: { input_tokens: 5, cache_read_input_tokens: 7, output_tokens: 1 } } };
  const text = (value: string): Members => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: value } });
  const stop = [{ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 12 } }, { type: 'message_stop' }];
  const chunks = (body: Members, ...frames: readonly Frame[]): readonly Frame[] =>
    read(run(mappingOf('chat', 'anthropic', body), bytesOf(frames)));
  const chunk = (part: Members, finish: string | null = null): Members => ({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'small',
    choices: [{ index: 0, delta: part, logprobs: null, finish_reason: finish }],
  });

  it('become chunks, with the usage before the end only where it was asked for', () => {
    const plain = [chunk({ role: 'assistant', content: '' }), chunk({ content: 'Hi' }), chunk({}, 'stop')];
    expect(chunks({}, start, { type: 'ping' }, text('Hi'), ...stop)).toEqual([...plain, '[DONE]']);
    const told = chunks({ stream_options: { include_usage: true } }, start, text('Hi'), ...stop);
    expect(told.slice(0, 3)).toEqual(plain.map((each) => ({ ...each, usage: null })));
    expect(told.slice(3)).toEqual([
      expect.objectContaining({
        choices: [],
        usage: {
          prompt_tokens: 12,
          completion_tokens: 12,
          total_tokens: 24,
          prompt_tokens_details: { cached_tokens: 7 },
          completion_tokens_details: { reasoning_tokens: 0 },
        },
      }),
      '[DONE]',
    ]);
  });

  it('tell of a call with nothing that it is called with an empty object', () => {
    const began = { type: 'content_block_start', index: 3, content_block: { type: 'tool_use', id: 't', name: 'now', input: {} } };
    const grew = { type: 'content_block_delta', index: 3, delta: { type: 'input_json_delta', partial_json: '' } };
    expect(chunks({}, start, began, grew, { type: 'content_block_stop', index: 3 }, ...stop).slice(1, 3)).toEqual([
      chunk({ tool_calls: [{ index: 0, id: 't', type: 'function', function: { name: 'now', arguments: '' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{}' } }] }),
    ]);
  });

  it('end with an error, and without the word that all is well', () => {
    const error = (message: string) => ({ error: { message, type: 'server_error', param: null, code: null } });
    const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    expect(chunks({}, start, text('a'), overloaded, text('b')).slice(2)).toEqual([error('Overloaded')]);
    expect(chunks({}, start, text('a')).slice(2)).toEqual([error('The model server ended its answer too early.')]);
  });
});
