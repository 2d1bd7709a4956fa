import fc from 'fast-check';
import type { Members } from '../../shapes/members.ts';
import type { Client } from '../../shapes/shape.ts';
import { writtenFrame } from '../../shapes/translate-stream.ts';
import { programOf } from '../detect/pattern.ts';
import { PatternDetector } from '../detect/patterns.ts';
import { Masking, type Watch } from '../masking.ts';
import { GuardedStream } from './guarded-stream.ts';

const watches =
  (blocks = false) =>
  (): Watch[] => [
    { detector: new PatternDetector(programOf('secret|a+b', false)), placeholder: '[X]', name: 'masks' },
    ...(blocks ? [{ detector: new PatternDetector(programOf('poison', false)), placeholder: undefined, name: 'stops' }] : []),
  ];

const masked = (text: string): string => {
  const masking = new Masking(watches()());
  return masking.push(text) + masking.end();
};

type Frame = Members | '[DONE]';
const bytesOf = (frames: readonly Frame[]): Buffer =>
  Buffer.from(
    frames
      .map((data) => writtenFrame(typeof data === 'string' || typeof data['type'] !== 'string' ? { data } : { event: data['type'], data }))
      .join(''),
  );

const framesIn = (bytes: Buffer): Frame[] =>
  bytes
    .toString()
    .split('\n\n')
    .flatMap((frame) => frame.split('\n').filter((line) => line.startsWith('data: ')))
    .map((line) => (line === 'data: [DONE]' ? '[DONE]' : JSON.parse(line.slice(6))));

interface Guarded {
  readonly bytes: Buffer;
  readonly blockedBy: string | undefined;
}

const guarded = (
  client: Client,
  given: Buffer,
  { cuts = [], blocks = false }: { cuts?: readonly number[]; blocks?: boolean } = {},
): Guarded => {
  const stream = new GuardedStream({ client, watches: watches(blocks), maxFrameBytes: 100_000 });
  const at = [...new Set(cuts.map((place) => place % (given.length + 1)))].sort((one, other) => one - other);
  const chunks = [0, ...at].map((from, index) => given.subarray(from, at[index] ?? given.length));
  const out = chunks.map((chunk) => Buffer.from(stream.push(chunk)));
  return { bytes: Buffer.concat([...out, stream.end()]), blockedBy: stream.blockedBy };
};

/** How each protocol streams these pieces of one text. */
const streams: Readonly<Record<'chat' | 'completions' | 'messages' | 'responses', (pieces: readonly string[]) => Frame[]>> = {
  chat: (pieces) => [
    { id: 'c', choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] },
    ...pieces.map((content) => ({
      id: 'c',
      choices: [{ index: 0, delta: { content }, logprobs: { content: [{ token: content }] }, finish_reason: null }],
    })),
    { id: 'c', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    { id: 'c', choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } },
    '[DONE]',
  ],
  completions: (pieces) => [...pieces.map((text) => ({ id: 'c', choices: [{ index: 0, text, finish_reason: null }] })), '[DONE]'],
  messages: (pieces) => [
    { type: 'message_start', message: { id: 'm', content: [], usage: { input_tokens: 3, output_tokens: 1 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...pieces.map((text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 9 } },
    { type: 'message_stop' },
  ],
  responses: (pieces) => {
    const text = pieces.join('');
    const at = { item_id: 'i', output_index: 0, content_index: 0 };
    const part = { type: 'output_text', text };
    const all: Members[] = [
      { type: 'response.created', response: { id: 'r', status: 'in_progress', output: [] } },
      ...pieces.map((delta) => ({ type: 'response.output_text.delta', ...at, delta, logprobs: [] })),
      { type: 'response.output_text.done', ...at, text },
      { type: 'response.output_item.done', output_index: 0, item: { id: 'i', content: [part] } },
      { type: 'response.completed', response: { id: 'r', status: 'completed', output: [{ content: [part] }] } },
    ];
    return all.map((event, sequence_number) => ({ ...event, sequence_number }));
  },
};

const at = (value: unknown, ...path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((inner, name) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined), value);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const said = {
  chat: (frame: Frame) => textOf(at(frame, 'choices', 0, 'delta', 'content')),
  completions: (frame: Frame) => textOf(at(frame, 'choices', 0, 'text')),
  messages: (frame: Frame) => textOf(at(frame, 'delta', 'text')),
  responses: (frame: Frame) => textOf(at(frame, 'delta')),
};

const content_filter_results = { custom_blocklists: { filtered: true, details: [{ id: 'stops', filtered: true }] } };
/** All that is told of `a poison b`, where that must not pass. */
const ends: Readonly<Record<keyof typeof streams, readonly Frame[]>> = {
  chat: [
    { choices: [{ delta: { role: 'assistant', content: '' } }] },
    { choices: [{ delta: { content: 'a ' }, finish_reason: null, logprobs: null }] },
    { id: 'c', choices: [{ index: 0, delta: {}, finish_reason: 'content_filter', content_filter_results }] },
    '[DONE]',
  ],
  completions: [
    { choices: [{ text: 'a ', finish_reason: null }] },
    { id: 'c', choices: [{ index: 0, text: '', finish_reason: 'content_filter', content_filter_results }] },
    '[DONE]',
  ],
  messages: [
    { type: 'message_start' },
    { type: 'content_block_start' },
    { type: 'content_block_delta', delta: { text: 'a ' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'refusal', stop_sequence: null }, usage: { output_tokens: 1 } },
    { type: 'message_stop' },
  ],
  responses: [
    { type: 'response.created', sequence_number: 0 },
    { type: 'response.output_text.delta', delta: 'a ', sequence_number: 1 },
    {
      type: 'response.incomplete',
      sequence_number: 2,
      response: { id: 'r', status: 'incomplete', incomplete_details: { reason: 'content_filter', guardrail: 'stops' }, output: [] },
    },
  ],
};

const clients = ['chat', 'completions', 'messages', 'responses'] as const;
const pieces = fc.array(fc.constantFrom('sec', 'ret', 'secret', 'a', 'ab', 'b', ' ', 'x', '"', 'é😀', 's', 'e', 'poi', 'son'), {
  maxLength: 12,
});
const cuts = fc.array(fc.nat({ max: 5_000 }), { maxLength: 10 });

describe.each(clients)('A guarded stream of %s', (client) => {
  const heard = (bytes: Buffer): string => framesIn(bytes).map(said[client]).join('');

  it('says what the masked whole says, however its text and its bytes are cut', () => {
    fc.assert(
      fc.property(pieces, cuts, (given, places) => {
        const { bytes } = guarded(client, bytesOf(streams[client](given)), { cuts: places });
        expect(heard(bytes)).toBe(masked(given.join('')));
        expect(bytes.toString()).not.toContain('secret');
      }),
    );
  });

  it('is what it was, byte for byte, where there is nothing to find', () => {
    const plain = Buffer.concat([Buffer.from(': comment\r\n\r\n'), bytesOf(streams[client](['fine, ', 'é', ' world.']))]);
    expect(guarded(client, plain, { cuts: [1, 12, 13, 14, 15, 100, 200] }).bytes.equals(plain)).toBe(true);
  });

  it('ends before what must not pass, however it is cut, and says so as its protocol does', () => {
    fc.assert(
      fc.property(pieces, cuts, (given, places) => {
        const { bytes, blockedBy } = guarded(client, bytesOf(streams[client](given)), { cuts: places, blocks: true });
        const text = given.join('');
        const poison = text.indexOf('poison');
        expect(bytes.toString()).not.toContain('poison');
        expect(blockedBy).toBe(poison < 0 ? undefined : 'stops');
        if (poison >= 0) expect(heard(bytes)).toBe(masked(text.slice(0, poison)));
      }),
    );
    const { bytes } = guarded(client, bytesOf(streams[client](['a poi', 'son b'])), { blocks: true });
    expect(framesIn(bytes)).toMatchObject(ends[client]);
  });

  it('has no gap in its numbers', () => {
    const numbers = framesIn(guarded(client, bytesOf(streams[client](['x sec', 'x se']))).bytes).map((frame) =>
      at(frame, 'sequence_number'),
    );
    if (client === 'responses') expect(numbers).toEqual(numbers.map((_, index) => index));
    else expect(numbers.every((number) => number === undefined)).toBe(true);
  });
});

describe('A guarded stream', () => {
  it('tells apart answers, calls and texts that come at the same time', () => {
    const chunk = (index: number, delta: Members, finish_reason: string | null = null): Members => ({
      choices: [{ index, delta, finish_reason }],
    });
    const call = (index: number, text: string): Members => ({ tool_calls: [{ index, function: { arguments: text } }] });
    const { bytes } = guarded(
      'chat',
      bytesOf([
        chunk(0, { content: 'se' }),
        chunk(1, { content: 'cret' }),
        chunk(0, call(0, '{"a":"sec')),
        chunk(0, call(1, '{"b":"ret"}')),
        chunk(0, { content: 'cret' }),
        chunk(0, call(0, 'ret"}')),
        chunk(0, {}, 'stop'),
        chunk(1, { content: ' sec' }, 'stop'),
        '[DONE]',
      ]),
    );
    const frames = framesIn(bytes);
    const of = (index: number, read: (delta: unknown) => unknown): string =>
      frames.map((frame) => (at(frame, 'choices', 0, 'index') === index ? textOf(read(at(frame, 'choices', 0, 'delta'))) : '')).join('');
    expect(of(0, (delta) => at(delta, 'content'))).toBe('[X]');
    expect(of(1, (delta) => at(delta, 'content'))).toBe('cret sec');
    const argumentsOf = (index: number): string =>
      of(0, (delta) => (at(delta, 'tool_calls', 0, 'index') === index ? at(delta, 'tool_calls', 0, 'function', 'arguments') : ''));
    expect([argumentsOf(0), argumentsOf(1)]).toEqual(['{"a":"[X]"}', '{"b":"ret"}']);
  });

  it('tells no letters of what it masked', () => {
    const { bytes } = guarded('chat', bytesOf(streams.chat(['sec', 'ret', '.', ' fine'])));
    expect(bytes.toString()).not.toContain('"ret"');
    expect(bytes.toString()).toContain('"token":" fine"');
  });

  it('that cannot be read is no stream', () => {
    expect(() => guarded('chat', Buffer.from('data: secret\n\n'))).toThrow(SyntaxError);
  });
});
