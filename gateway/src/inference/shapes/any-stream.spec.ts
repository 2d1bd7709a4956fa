import fc from 'fast-check';
import { type Members, membersOf } from './members.ts';
import type { Client, StreamMapping } from './shape.ts';
import { shapeOf } from './shape-of.ts';
import { translateStream } from './translate-stream.ts';

type Kind = 'openai' | 'anthropic';
type Frame = Members | '[DONE]';

const mappingOf = (client: Client, kind: Kind): StreamMapping => {
  const translation = shapeOf(client, { kind, alsoSpeaks: [] })?.translation;
  if (!translation) throw new Error('bytes pass as they are');
  return translation.stream({
    body: {},
    named: 'small',
    model: 'small-1',
    requestId: '1',
    now: 0,
    maxOutput: 100,
    cameTo: () => ({ cost: 1_500n, ms: 3 }),
  });
};

const bytesOf = (frames: readonly Frame[]): Buffer =>
  Buffer.from(frames.map((frame) => `data: ${typeof frame === 'string' ? frame : JSON.stringify(frame)}\n\n`).join(''));

const run = (mapping: StreamMapping, chunks: readonly Buffer[]): string => {
  const stream = translateStream(mapping, 1_000_000);
  return Buffer.concat([...chunks.map((chunk) => stream.push(chunk)), stream.end()]).toString();
};

/** What a client reads: the data of each frame. */
const read = (text: string): readonly Frame[] =>
  text
    .split('\n\n')
    .filter((frame) => frame !== '')
    .map((frame) => {
      const data = frame.replace(/^(?:event: .*\n)?data: /, '');
      return data === '[DONE]' ? data : JSON.parse(data);
    });

const delta = (part: Members, finish: string | null = null): Members => ({ choices: [{ index: 0, delta: part, finish_reason: finish }] });
const call = (index: number, name: string, text: string): Members =>
  delta({ tool_calls: [{ index, id: `call_${name}`, function: { name, arguments: text } }] });
const usage: Members = { choices: [], usage: { prompt_tokens: 9, completion_tokens: 4 } };

const clients = fc.constantFrom<readonly [Client, Kind]>(
  ['messages', 'openai'],
  ['responses', 'openai'],
  ['chat', 'anthropic'],
  ['responses', 'anthropic'],
);
const values = fc
  .letrec((tie) => ({
    value: fc.oneof({ depthSize: 'small' }, fc.string(), fc.nat(5), fc.constant(null), tie('list'), tie('object')),
    list: fc.array(tie('value'), { maxLength: 3 }),
    object: fc.dictionary(
      fc.constantFrom(
        'choices',
        'delta',
        'tool_calls',
        'function',
        'index',
        'content',
        'type',
        'usage',
        'error',
        'content_block',
        'message',
      ),
      tie('value'),
      { maxKeys: 4 },
    ),
  }))
  .object.map(membersOf);
const types = fc.constantFrom(
  'message_start',
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
);
const frames = fc.array(
  fc.oneof(
    values,
    fc.tuple(values, types).map(([value, type]) => ({ ...value, type })),
    fc.constantFrom<Frame>(delta({ content: 'é😀' }), call(0, 'add', '{'), call(1, 'sub', '}'), delta({}, 'stop'), usage, '[DONE]'),
  ),
  { maxLength: 8 },
);

describe('Whatever a model server sends', () => {
  it('is the same for the client however it is cut', () => {
    fc.assert(
      fc.property(clients, frames, fc.array(fc.nat(), { maxLength: 20 }), ([client, kind], sent, places) => {
        const whole = bytesOf(sent);
        const ends = [...new Set(places.map((place) => place % (whole.length + 1)))].sort((one, other) => one - other);
        const cut = [...ends, whole.length].map((end, index) => whole.subarray(ends[index - 1] ?? 0, end));
        expect(run(mappingOf(client, kind), cut)).toBe(run(mappingOf(client, kind), [whole]));
      }),
    );
  });

  it('ends once: with the last word of a protocol or with an error, and with nothing after it', () => {
    const isLast = (frame: Frame): boolean =>
      frame === '[DONE]' ||
      frame['error'] !== undefined ||
      ['message_stop', 'response.completed', 'response.incomplete', 'response.failed'].includes(String(frame['type']));
    fc.assert(
      fc.property(clients, frames, ([client, kind], sent) => {
        const told = read(run(mappingOf(client, kind), [bytesOf(sent)]));
        expect(told.findIndex(isLast)).toBe(told.length - 1);
      }),
    );
  });
});
