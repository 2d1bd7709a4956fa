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
