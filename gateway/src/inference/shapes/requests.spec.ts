import type Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';
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

const requestOf = (client: Client, kind: 'openai' | 'anthropic', body: object): unknown => {
  const translation = shapeOf(client, { kind, alsoSpeaks: [] })?.translation;
  if (!translation || !isMembers(body)) throw new Error('bytes pass as they are');
  return JSON.parse(JSON.stringify(translation.request(askedBy(body))));
};

const schema: Anthropic.Tool.InputSchema = { type: 'object', properties: { a: { type: 'number' } } };

it('A request of Chat Completions becomes one of the Messages API', () => {
  const chat: OpenAI.ChatCompletionCreateParams = {
    model: 'small',
    messages: [
      { role: 'developer', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Add these.' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' } },
          { type: 'image_url', image_url: { url: 'https://pictures.example/1.png' } },
          { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBE' } },
        ],
      },
      {
        role: 'assistant',
        content: 'Adding.',
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } },
          { id: 'c2', type: 'function', function: { name: 'now', arguments: '' } },
          { id: 'c3', type: 'function', function: { name: 'add', arguments: '{"a":' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c1', content: '1' },
      { role: 'tool', tool_call_id: 'c2', content: [{ type: 'text', text: 'noon' }] },
      { role: 'tool', tool_call_id: 'c3', content: '' },
      { role: 'user', content: 'Well?' },
    ],
    max_completion_tokens: 50,
    temperature: 1.7,
    top_p: 0.9,
    stop: 'END',
    user: 'u1',
    seed: 7,
    tools: [{ type: 'function', function: { name: 'add', description: 'Adds.', parameters: { ...schema } } }],
    tool_choice: 'required',
    parallel_tool_calls: false,
    response_format: { type: 'json_schema', json_schema: { name: 'sum', schema: { ...schema } } },
    stream: true,
  };
  const messages: Anthropic.MessageCreateParams = {
    model: 'small-1',
    max_tokens: 50,
    system: [{ type: 'text', text: 'Be brief.' }],
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Add these.' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBO' } },
          { type: 'image', source: { type: 'url', url: 'https://pictures.example/1.png' } },
          { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' }, title: 'a.pdf' },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Adding.' },
          { type: 'tool_use', id: 'c1', name: 'add', input: { a: 1 } },
          { type: 'tool_use', id: 'c2', name: 'now', input: {} },
          { type: 'tool_use', id: 'c3', name: 'add', input: { arguments: '{"a":' } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'c1', content: [{ type: 'text', text: '1' }] },
          { type: 'tool_result', tool_use_id: 'c2', content: [{ type: 'text', text: 'noon' }] },
          { type: 'tool_result', tool_use_id: 'c3', content: [] },
          { type: 'text', text: 'Well?' },
        ],
      },
    ],
    tools: [{ name: 'add', description: 'Adds.', input_schema: schema }],
    tool_choice: { type: 'any', disable_parallel_tool_use: true },
    output_config: { format: { type: 'json_schema', schema: { ...schema } } },
    stop_sequences: ['END'],
    metadata: { user_id: 'u1' },
    stream: true,
  };
  // The newest types leave out what the newest models do not take any more; others do.
  expect(requestOf('chat', 'anthropic', chat)).toEqual({ ...messages, temperature: 1, top_p: 0.9 });
});

it('A request of the Messages API becomes one of Chat Completions', () => {
  const messages: Anthropic.MessageCreateParams = {
    model: 'small',
    max_tokens: 50,
    system: [
      { type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } },
      { type: 'text', text: 'Be kind.' },
    ],
    messages: [
      { role: 'user', content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBO' } }] },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm.', signature: 's' },
          { type: 'text', text: 'Adding.' },
          { type: 'tool_use', id: 'c1', name: 'add', input: { a: 1 } },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 'c1',
            content: [
              { type: 'text', text: 'a picture:' },
              { type: 'image', source: { type: 'url', url: 'https://pictures.example/1.png' } },
            ],
          },
          { type: 'text', text: 'Well?' },
        ],
      },
    ],
    thinking: { type: 'enabled', budget_tokens: 5_000 },
    tools: [{ name: 'add', input_schema: schema }],
    tool_choice: { type: 'tool', name: 'add', disable_parallel_tool_use: true },
    stop_sequences: ['END'],
    metadata: { user_id: 'u1' },
    stream: true,
  };
  const chat: OpenAI.ChatCompletionCreateParams = {
    model: 'small-1',
    messages: [
      { role: 'system', content: 'Be brief.\nBe kind.' },
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' } }] },
      {
        role: 'assistant',
        content: 'Adding.',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'a picture:' },
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'https://pictures.example/1.png' } },
          { type: 'text', text: 'Well?' },
        ],
      },
    ],
    max_tokens: 50,
    tools: [{ type: 'function', function: { name: 'add', parameters: { ...schema } } }],
    tool_choice: { type: 'function', function: { name: 'add' } },
    parallel_tool_calls: false,
    reasoning_effort: 'medium',
    stop: ['END'],
    user: 'u1',
    stream: true,
    stream_options: { include_usage: true },
  };
  expect(requestOf('messages', 'openai', messages)).toEqual(chat);
});

const responses: OpenAI.Responses.ResponseCreateParams = {
  model: 'small',
  instructions: 'Be brief.',
  input: [
    {
      role: 'user',
      content: [
        { type: 'input_text', text: 'Add.' },
        { type: 'input_image', image_url: 'https://p.example/1.png', detail: 'low' },
      ],
    },
    { id: 'rs_1', type: 'reasoning', summary: [] },
    {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'Adding.', annotations: [] }],
    },
    { type: 'function_call', call_id: 'c1', name: 'add', arguments: '{"a":1}' },
    { type: 'function_call', call_id: 'c2', name: 'add', arguments: '{"a":2}' },
    { type: 'function_call_output', call_id: 'c1', output: '1' },
    { type: 'function_call_output', call_id: 'c2', output: '2' },
  ],
  tools: [{ type: 'function', name: 'add', parameters: { ...schema }, strict: true }],
  tool_choice: { type: 'function', name: 'add' },
  text: { format: { type: 'json_schema', name: 'sum', schema: { ...schema }, strict: true } },
  reasoning: { effort: 'low' },
  store: false,
};

const calls = (['1', '2'] as const).map((digit) => ({
  id: `c${digit}`,
  type: 'function' as const,
  function: { name: 'add', arguments: `{"a":${digit}}` },
}));

it('A request of the Responses API becomes one of Chat Completions', () => {
  const chat: OpenAI.ChatCompletionCreateParams = {
    model: 'small-1',
    messages: [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Add.' },
          { type: 'image_url', image_url: { url: 'https://p.example/1.png', detail: 'low' } },
        ],
      },
      { role: 'assistant', content: 'Adding.', tool_calls: calls },
      { role: 'tool', tool_call_id: 'c1', content: '1' },
      { role: 'tool', tool_call_id: 'c2', content: '2' },
    ],
    max_tokens: 100,
    tools: [{ type: 'function', function: { name: 'add', parameters: { ...schema }, strict: true } }],
    tool_choice: { type: 'function', function: { name: 'add' } },
    response_format: { type: 'json_schema', json_schema: { name: 'sum', schema: { ...schema }, strict: true } },
    reasoning_effort: 'low',
  };
  expect(requestOf('responses', 'openai', responses)).toEqual(chat);
});

it('A request of the Responses API reaches an upstream of the Messages API by way of Chat Completions', () => {
  expect(requestOf('responses', 'anthropic', { ...responses, max_output_tokens: 20 })).toMatchObject({
    model: 'small-1',
    max_tokens: 20,
    system: [{ type: 'text', text: 'Be brief.' }],
    output_config: { format: { type: 'json_schema' } },
    tool_choice: { type: 'tool', name: 'add' },
  });
});

it("Deeplogix's one question becomes a conversation", () => {
  const messages = [{ role: 'user', content: 'Hello' }];
  expect(requestOf('deeplogix', 'openai', { message: 'Hello' })).toEqual({ model: 'small-1', messages, max_tokens: 100 });
});

it("Lyceum's one question becomes a conversation, with a picture where there is one", () => {
  const asked = {
    model_id: 'small',
    input: { text: 'Hello', parameters: { seed: 7, top_p: 0.1 } },
    max_tokens: 5,
    temperature: 0,
    top_p: 0.9,
  };
  expect(requestOf('lyceum', 'openai', asked)).toEqual({
    model: 'small-1',
    messages: [{ role: 'user', content: 'Hello' }],
    max_tokens: 5,
    temperature: 0,
    top_p: 0.9,
    seed: 7,
  });
  const url = 'https://example.com/cat.png';
  expect(requestOf('lyceum', 'openai', { input: { text: 'What is it?', image_url: url } })).toEqual({
    model: 'small-1',
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'image_url', image_url: { url } },
        ],
      },
    ],
    max_tokens: 100,
  });
});
