import { programOf } from '../detect/pattern.ts';
import { PatternDetector } from '../detect/patterns.ts';
import type { Watch } from '../masking.ts';
import { guardedAnswer } from './guarded-answer.ts';
import { guardedRequest } from './guarded-request.ts';

const program = programOf('a+b', false);
const watches = (): readonly Watch[] => [{ detector: new PatternDetector(program), placeholder: '[X]', name: 'ab' }];

/** How often others had their turn until it was done. */
const turnsDuring = async (work: Promise<unknown>): Promise<number> => {
  let turns = 0;
  let next = setImmediate(function turn() {
    turns += 1;
    next = setImmediate(turn);
  });
  await work;
  clearImmediate(next);
  return turns;
};

const bodyOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const message = (content: unknown) => ({ role: 'user', content });
const textsOf = (count: number): string[] => Array.from({ length: count }, () => 'a'.repeat(200));

describe('Others have their turn', () => {
  it('while many short texts of a request are looked at', async () => {
    const request = bodyOf({ messages: textsOf(5_000).map(message) });
    expect(await turnsDuring(guardedRequest('chat', request, watches))).toBeGreaterThan(1);
  });

  it('while a long answer is looked at', async () => {
    const answer = bodyOf({ choices: [{ message: { content: textsOf(5_000).join(' ') } }] });
    expect(await turnsDuring(guardedAnswer('chat', answer, watches))).toBeGreaterThan(1);
  });
});

it('What stands for the texts of a request is no longer than a request may be', async () => {
  const single = programOf('a', false);
  const watch = (): readonly Watch[] => [{ detector: new PatternDetector(single), placeholder: 'x'.repeat(60), name: 'a' }];
  const request = bodyOf({ messages: [message('a'.repeat(600_000))] });
  await expect(guardedRequest('chat', request, watch)).rejects.toMatchObject({ failure: { code: 'PayloadTooLarge' } });
});

describe('A document in a message', () => {
  const document = (source: object) => bodyOf({ messages: [message([{ type: 'document', source }])] });
  const maskedIn = async (body: Buffer): Promise<string> => (await guardedRequest('messages', body, watches)).body.toString();

  it.each([
    ['first', { type: 'text', media_type: 'text/plain', data: 'an aab' }],
    ['last', { data: 'an aab', media_type: 'text/plain', type: 'text' }],
  ])('is a text where it says so %s', async (_, source) => {
    expect(await maskedIn(document(source))).toBe(document({ ...source, data: 'an [X]' }).toString());
  });

  it('is none where it is a file', async () => {
    const file = document({ type: 'base64', media_type: 'application/pdf', data: 'aab' });
    expect(await maskedIn(file)).toBe(file.toString());
  });
});

describe('What else a model reads', () => {
  const maskedIn = async (client: 'chat' | 'responses', body: object): Promise<unknown> =>
    JSON.parse((await guardedRequest(client, bodyOf(body), watches)).body.toString());
  const schema = (word: string) => ({
    type: 'object',
    title: word,
    properties: { ab: { enum: [word, 'x'], description: word } },
    required: ['ab'],
  });

  it('is a schema of what it shall answer: what it is told there, and what it is to say; not what things are called', async () => {
    const format = (word: string) => ({ response_format: { type: 'json_schema', json_schema: { name: 'ab', schema: schema(word) } } });
    expect(await maskedIn('chat', format('aab'))).toEqual(format('[X]'));
    const text = (word: string) => ({ text: { format: { type: 'json_schema', name: 'ab', schema: schema(word) } } });
    expect(await maskedIn('responses', text('ab'))).toEqual(text('[X]'));
  });

  it('is what documents say that are sent along', async () => {
    expect(await maskedIn('chat', { documents: [{ title: 'ab', text: 'an aab' }] })).toEqual({
      documents: [{ title: '[X]', text: 'an [X]' }],
    });
  });

  it('is what a tool was called with, also where its letters are escaped', async () => {
    const called = (text: string) => ({ messages: [{ role: 'assistant', tool_calls: [{ function: { name: 'f', arguments: text } }] }] });
    expect(await maskedIn('chat', called('{"x":"\\u0061\\u0062!"}'))).toEqual(called('{"x":"[X]!"}'));
    expect(await maskedIn('chat', called('{"x":"\\u0063"}'))).toEqual(called('{"x":"\\u0063"}'));
    const answer = (text: string) => bodyOf({ choices: [{ message: { tool_calls: [{ function: { name: 'f', arguments: text } }] } }] });
    expect((await guardedAnswer('chat', answer('{"x":"a\\u0062"}'), watches)).body.toString()).toBe(answer('{"x":"[X]"}').toString());
  });
});
