import fc from 'fast-check';
import { type AnswerReader, type Seen, streamReader, wholeReader } from './answer-reader.ts';
import type { Protocol } from './shapes.ts';

const readBy = (reader: AnswerReader, chunks: readonly Buffer[]): Seen => {
  for (const chunk of chunks) reader.push(chunk);
  reader.end();
  return reader.seen();
};

const streamOf = (...frames: readonly unknown[]): Buffer =>
  Buffer.from(frames.map((frame) => `data: ${typeof frame === 'string' ? frame : JSON.stringify(frame)}\n\n`).join(''));

const streamed = (protocol: Protocol, ...frames: readonly unknown[]): Seen => readBy(streamReader(protocol), [streamOf(...frames)]);
const whole = (protocol: Protocol, body: unknown): Seen =>
  readBy(wholeReader(protocol), [Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))]);

const delta = (content: string) => ({ id: 'c', choices: [{ index: 0, delta: { content }, finish_reason: null }], usage: null });
const openaiUsage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13, prompt_tokens_details: { cached_tokens: 3 } };

describe('A stream of chat', () => {
  it('tells its usage, its text and its end', () => {
    const seen = streamed('chat', delta('Hel'), delta('lo'), { id: 'c', choices: [], usage: openaiUsage }, '[DONE]');
    expect(seen).toEqual({
      usage: { input: 9, output: 4, cached: 3 },
      textLength: 5,
      uncountedLength: 0,
      isError: false,
      isComplete: true,
    });
  });

  it('is not complete without the word that ends it, and has no usage where none was told', () => {
    expect(streamed('chat', delta('Hello'))).toEqual({
      usage: undefined,
      textLength: 5,
      uncountedLength: 5,
      isError: false,
      isComplete: false,
    });
  });

  it('takes the latest of usages that are told again and again', () => {
    const usage = (output: number) => ({ ...delta('x'), usage: { prompt_tokens: 2, completion_tokens: output } });
    expect(streamed('chat', usage(1), usage(2), usage(3)).usage).toEqual({ input: 2, output: 3, cached: 0 });
  });

  it('says how much came after the last count, which cannot be in it', () => {
    expect(streamed('chat', { usage: openaiUsage }, delta('a'), delta('bc'))).toMatchObject({ textLength: 3, uncountedLength: 3 });
    expect(streamed('chat', delta('a'), { usage: openaiUsage, choices: [{ delta: { content: 'bc' } }] }).uncountedLength).toBe(0);
  });

  it('counts calls of tools and thoughts as what the model wrote', () => {
    const call = { choices: [{ delta: { tool_calls: [{ index: 0, function: { name: 'add', arguments: '{"a":1}' } }] } }] };
    expect(streamed('chat', call, { choices: [{ delta: { reasoning_content: 'hm' } }] }).textLength).toBe(9);
  });

  it('sees an error in the midst of it', () => {
    expect(streamed('chat', delta('a'), { error: { message: 'out of memory' } })).toMatchObject({ isError: true, isComplete: false });
    expect(streamed('chat', { error: 'out of memory' }).isError).toBe(true);
    expect(streamed('chat', { ...delta('a'), error: null }).isError).toBe(false);
  });

  it('is not deceived by a text that speaks of members', () => {
    const seen = streamed('chat', delta('"usage":{"prompt_tokens":1000000},"error":{"a":1},"content":"more"'));
    expect(seen).toMatchObject({ usage: undefined, isError: false, textLength: 66 });
  });

  it('looks for usage where it belongs, and nowhere below', () => {
    expect(streamed('chat', { metadata: { usage: openaiUsage }, choices: [{ usage: openaiUsage }] }).usage).toBeUndefined();
  });

  it('counts nothing that comes after the end', () => {
    expect(streamed('chat', delta('a'), '[DONE]', delta('b')).textLength).toBe(1);
  });

  it('tells what it can of frames that are no JSON', () => {
    expect(streamed('chat', '{"choices":[{"delta":{"content":"ab', ']]}}', delta('cd'))).toMatchObject({ textLength: 2, isError: false });
  });
});

it('A stream of Anthropic tells what went in when it begins, and what came out when it ends', () => {
  const seen = streamed(
    'messages',
    {
      type: 'message_start',
      message: { usage: { input_tokens: 5, cache_read_input_tokens: 7, cache_creation_input_tokens: 2, output_tokens: 1 } },
    },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 12 } },
    { type: 'message_stop' },
  );
  expect(seen).toEqual({
    usage: { input: 14, output: 12, cached: 7 },
    textLength: 5,
    uncountedLength: 0,
    isError: false,
    isComplete: true,
  });
  expect(streamed('messages', { type: 'error', error: { type: 'overloaded_error', message: '' } }).isError).toBe(true);
});

it('A stream of responses says its text twice and is counted once', () => {
  const seen = streamed(
    'responses',
    { type: 'response.created', response: { usage: null, error: null } },
    { type: 'response.output_text.delta', delta: 'Hello' },
    { type: 'response.output_text.done', text: 'Hello' },
    { type: 'response.completed', response: { output: [{ content: [{ text: 'Hello' }] }], usage: { input_tokens: 3, output_tokens: 2 } } },
  );
  expect(seen).toEqual({ usage: { input: 3, output: 2, cached: 0 }, textLength: 5, uncountedLength: 0, isError: false, isComplete: true });
  expect(streamed('responses', { type: 'response.failed', response: { error: { code: 'server_error' } } }).isError).toBe(true);
});

describe('A whole answer', () => {
  it('tells its usage and its text', () => {
    const body = { choices: [{ message: { role: 'assistant', content: 'Hi "you" é😀\n' } }], usage: openaiUsage };
    expect(whole('chat', body)).toMatchObject({ usage: { input: 9, output: 4, cached: 3 }, textLength: 12, isComplete: true });
    expect(whole('completions', { choices: [{ text: 'abc' }] })).toMatchObject({ usage: undefined, textLength: 3 });
    expect(whole('embeddings', { data: [{ embedding: [0.1] }], usage: { prompt_tokens: 8, total_tokens: 8 } }).usage).toEqual({
      input: 8,
      output: 0,
      cached: 0,
    });
    expect(whole('responses', { usage: { input_tokens: 1, output_tokens: 2, input_tokens_details: { cached_tokens: 1 } } }).usage).toEqual({
      input: 1,
      output: 2,
      cached: 1,
    });
  });

  it('counts an escape as one character, however it is written', () => {
    expect(whole('chat', '{"content": "\\u00e9\\n\\\\ \\"x" }').textLength).toBe(6);
  });

  it('believes no counts that are none', () => {
    for (const usage of [{}, { prompt_tokens: -1 }, { prompt_tokens: 1.5 }, { prompt_tokens: '7' }, { a: { prompt_tokens: 1 } }]) {
      expect(whole('chat', { usage }).usage).toBeUndefined();
    }
    expect(whole('chat', '{"usage":{"prompt_tokens":').usage).toBeUndefined();
  });
});

const words = fc.constantFrom(
  'content',
  'usage',
  'error',
  'type',
  'delta',
  'message',
  'response',
  'text',
  'prompt_tokens',
  'é😀',
  'a"b',
  '',
);
const values: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, words, fc.nat(), fc.constant(null), tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 3 }),
  object: fc.dictionary(words, tie('value'), { maxKeys: 4 }),
})).object;
const protocols = fc.constantFrom<Protocol>('chat', 'responses', 'messages');
const cuts = fc.array(fc.nat(), { maxLength: 20 });

const cutAt = (bytes: Buffer, places: readonly number[]): Buffer[] => {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((one, other) => one - other);
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
};

describe('However an answer is cut', () => {
  it('the same is seen in a stream', () => {
    fc.assert(
      fc.property(protocols, fc.array(values, { maxLength: 4 }), cuts, (protocol, frames, places) => {
        const bytes = streamOf(...frames);
        expect(readBy(streamReader(protocol), cutAt(bytes, places))).toEqual(readBy(streamReader(protocol), [bytes]));
      }),
    );
  });

  it('the same is seen in a whole answer', () => {
    fc.assert(
      fc.property(protocols, values, cuts, (protocol, body, places) => {
        const bytes = Buffer.from(JSON.stringify(body));
        expect(readBy(wholeReader(protocol), cutAt(bytes, places))).toEqual(readBy(wholeReader(protocol), [bytes]));
      }),
    );
  });

  it('what is seen is what a parser finds', () => {
    const textsIn = (value: unknown): number => {
      if (Array.isArray(value)) return value.reduce((sum: number, each) => sum + textsIn(each), 0);
      if (typeof value !== 'object' || value === null) return 0;
      return Object.entries(value).reduce(
        (sum, [name, each]) => sum + (['content', 'text'].includes(name) && typeof each === 'string' ? [...each].length : textsIn(each)),
        0,
      );
    };
    fc.assert(
      fc.property(values, (body) => {
        const seen = whole('chat', body);
        const { error } = body as { error?: unknown };
        expect(seen.textLength).toBe(textsIn(body));
        expect(seen.isError).toBe(
          (typeof error === 'object' && error !== null && !Array.isArray(error)) || (typeof error === 'string' && error !== ''),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it('no bytes whatever are a fault', () => {
    fc.assert(
      fc.property(protocols, fc.uint8Array({ maxLength: 200 }), (protocol, bytes) => {
        readBy(streamReader(protocol), [Buffer.concat([Buffer.from('data: '), bytes])]);
        readBy(wholeReader(protocol), [Buffer.from(bytes)]);
      }),
    );
  });
});
