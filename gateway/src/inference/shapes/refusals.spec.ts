import { Failed } from '../../failure.ts';
import { clearedOf, complaintOf } from './errors.ts';
import { failureFrame } from './failure-frame.ts';
import { isMembers, type Members } from './members.ts';
import type { Asked, Client } from './shape.ts';
import { shapeOf } from './shape-of.ts';

const askedBy = (body: Members): Asked => ({
  body,
  named: 'small',
  model: 'small-1',
  requestId: '1',
  now: 0,
  maxOutput: 100,
  cameTo: () => ({ cost: 1_500n, ms: 3 }),
});

const refusedField = (client: Client, kind: 'openai' | 'anthropic', body: object): string => {
  const translation = shapeOf(client, { kind, alsoSpeaks: [] })?.translation;
  if (!translation || !isMembers(body)) throw new Error('bytes pass as they are');
  try {
    translation.request(askedBy(body));
  } catch (error) {
    if (error instanceof Failed) return error.failure.issues.map(({ path }) => path.join('.')).join();
    throw error;
  }
  return 'not refused';
};

const user = [{ role: 'user', content: 'Hi' }];
it.each<[string, Client, 'openai' | 'anthropic', object]>([
  ['n', 'chat', 'anthropic', { messages: user, n: 2 }],
  ['logprobs', 'chat', 'anthropic', { messages: user, logprobs: true }],
  ['functions', 'chat', 'anthropic', { messages: user, functions: [] }],
  ['response_format.type', 'chat', 'anthropic', { messages: user, response_format: { type: 'json_object' } }],
  ['tools.0.type', 'chat', 'anthropic', { messages: user, tools: [{ type: 'custom' }] }],
  ['messages.0.content.0', 'chat', 'anthropic', { messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] }],
  ['messages.0.role', 'chat', 'anthropic', { messages: [{ role: 'function' }] }],
  ['messages', 'chat', 'anthropic', {}],
  ['tools.0.type', 'messages', 'openai', { messages: user, tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
  ['messages.0.content.0', 'messages', 'openai', { messages: [{ role: 'user', content: [{ type: 'search_result' }] }] }],
  ['previous_response_id', 'responses', 'openai', { input: 'Hi', previous_response_id: 'resp_1' }],
  ['store', 'responses', 'openai', { input: 'Hi', store: true }],
  ['conversation', 'responses', 'openai', { input: 'Hi', conversation: 'c' }],
  ['background', 'responses', 'openai', { input: 'Hi', background: true }],
  ['tools.0.type', 'responses', 'openai', { input: 'Hi', tools: [{ type: 'web_search' }] }],
  ['input.0.type', 'responses', 'openai', { input: [{ type: 'item_reference', id: 'x' }] }],
  ['input', 'responses', 'openai', {}],
  ['message', 'deeplogix', 'openai', { message: 7 }],
  ['message', 'deeplogix', 'openai', { message: ' ' }],
  ['stream', 'deeplogix', 'openai', { message: 'Hi', stream: true }],
  ['input', 'lyceum', 'openai', { input: 'Hi' }],
  ['input.text', 'lyceum', 'openai', { input: {} }],
  ['input.text', 'lyceum', 'openai', { input: { text: ' ' } }],
  ['input.image_url', 'lyceum', 'openai', { input: { text: 'What is it?', image_url: 7 } }],
  ['input.parameters', 'lyceum', 'openai', { input: { text: 'Hi', parameters: [] } }],
  ['input.parameters.n', 'lyceum', 'openai', { input: { text: 'Hi', parameters: { n: 8 } } }],
  ['max_tokens', 'lyceum', 'openai', { input: { text: 'Hi' }, max_tokens: 'many' }],
  ['temperature', 'lyceum', 'openai', { input: { text: 'Hi' }, temperature: 'hot' }],
  ['stream', 'lyceum', 'openai', { input: { text: 'Hi' }, stream: true }],
])('%s is refused by name where %s is spoken with %s and nothing there means it', (field, client, kind, body) =>
  expect(refusedField(client, kind, body)).toBe(field),
);

it('Some models know the limit of tokens by its new name alone', () => {
  const translation = shapeOf('messages', { kind: 'openai', alsoSpeaks: [] })?.translation;
  const asked = { ...askedBy({ messages: user, max_tokens: 5 }), model: 'gpt-5-mini' };
  expect(translation?.request(asked)).toMatchObject({ max_completion_tokens: 5 });
});

describe('What an upstream complains of', () => {
  it.each([
    { detail: 'no' },
    { message: 'no' },
    { error: 'no' },
    'no',
    { object: 'error', message: 'no' },
    { type: 'error', error: { message: 'no' } },
  ])('is found in %j', (body) => expect(complaintOf(body)).toEqual({ message: 'no', code: undefined, param: undefined }));

  it('is what it names, besides', () => {
    const error = { message: 'Slow down', type: 'requests', code: 'rate_limit_exceeded', param: 'model' };
    expect(complaintOf({ error })).toEqual({ message: 'Slow down', code: 'rate_limit_exceeded', param: 'model' });
  });
});

describe('In the middle of a stream', () => {
  const failure = { status: 502, code: 'ModelFailed', detail: 'It failed.' };

  it('clients are told what went wrong as their protocol tells it', () => {
    expect(failureFrame('chat', failure).toString()).toBe(
      'data: {"error":{"message":"It failed.","type":"server_error","param":null,"code":"model_failed"}}\n\n',
    );
    expect(failureFrame('messages', failure).toString()).toBe(
      'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"It failed."}}\n\n',
    );
    expect(failureFrame('responses', failure).toString()).toBe(
      'event: error\ndata: {"type":"error","code":"model_failed","message":"It failed.","param":null,"sequence_number":0}\n\n',
    );
  });
});

it('What an upstream complains of is told at a length that somebody reads, and without what opens the upstream', () => {
  const told = { message: `no: sk-1 ${'x'.repeat(9_000)}`, code: `sk-1${'y'.repeat(900)}`, param: { huge: ['sk-1'] } };
  const { message, code, param } = clearedOf(told, 'sk-1');
  expect(message).toMatch(/^no: \*\*\* x+…$/);
  expect(message.length).toBeLessThan(4_100);
  expect(code).toMatch(/^\*\*\*y{197}…$/);
  expect(param).toBeUndefined();
  expect(clearedOf({ message: 'no', code: 7, param: 'n' }, undefined)).toEqual({ message: 'no', code: 7, param: 'n' });
});
