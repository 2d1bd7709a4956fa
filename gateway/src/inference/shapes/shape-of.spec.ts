import type { Client } from './shape.ts';
import { shapeOf } from './shape-of.ts';

const openai = { kind: 'openai', alsoSpeaks: [] } as const;
const anthropic = { kind: 'anthropic', alsoSpeaks: [] } as const;

it.each<[Client, typeof openai | typeof anthropic, string, boolean]>([
  ['chat', openai, '/chat/completions', false],
  ['completions', openai, '/completions', false],
  ['embeddings', openai, '/embeddings', false],
  ['messages', openai, '/chat/completions', true],
  ['responses', openai, '/chat/completions', true],
  ['deeplogix', openai, '/chat/completions', true],
  ['lyceum', openai, '/chat/completions', true],
  ['messages', anthropic, '/messages', false],
  ['chat', anthropic, '/messages', true],
  ['responses', anthropic, '/messages', true],
  ['deeplogix', anthropic, '/messages', true],
  ['lyceum', anthropic, '/messages', true],
])('Clients of %s are served by $kind at %s', (client, upstream, path, isTranslated) => {
  const shape = shapeOf(client, upstream);
  expect(shape?.path).toBe(path);
  expect(shape?.translation !== undefined).toBe(isTranslated);
});

it('What an upstream speaks besides is passed on as it is', () => {
  expect(shapeOf('responses', { kind: 'embedded', alsoSpeaks: ['responses'] })).toMatchObject({
    path: '/responses',
    translation: undefined,
  });
  expect(shapeOf('messages', { kind: 'openai', alsoSpeaks: ['messages'] })).toMatchObject({ path: '/messages', translation: undefined });
});

it('Nothing of the kind is served where an upstream has nothing of the kind', () => {
  expect(shapeOf('completions', anthropic)).toBeUndefined();
  expect(shapeOf('embeddings', anthropic)).toBeUndefined();
});

it('Every upstream gets its key where it looks for it, and none where there is none', () => {
  expect(shapeOf('chat', openai)?.headersFor('k')).toEqual({ authorization: 'Bearer k' });
  expect(shapeOf('chat', openai)?.headersFor(undefined)).toEqual({});
  expect(shapeOf('chat', anthropic)?.headersFor('k')).toEqual({ 'anthropic-version': '2023-06-01', 'x-api-key': 'k' });
  const beside = shapeOf('messages', { kind: 'openai', alsoSpeaks: ['messages'] });
  expect(beside?.headersFor('k')).toEqual({ 'anthropic-version': '2023-06-01', 'x-api-key': 'k', authorization: 'Bearer k' });
});
