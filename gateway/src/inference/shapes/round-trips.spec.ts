import fc from 'fast-check';
import { chatOverMessages } from './chat-over-messages/translation.ts';
import { listOf, type Members, membersOf, parsed, textOf } from './members.ts';
import { messagesOverChat } from './messages-over-chat/translation.ts';
import { responsesOverChat } from './responses-over-chat/translation.ts';
import type { Asked, StreamMapping } from './shape.ts';
import { composeStreams } from './translate-stream.ts';

const askedBy = (body: Members): Asked => ({
  body,
  named: 'm',
  model: 'm',
  requestId: '1',
  now: 0,
  maxOutput: 7,
  cameTo: () => ({ cost: 1_500n, ms: 3 }),
});

/** As it goes over the wire: what is undefined is not there. */
const wire = (value: unknown): Members => membersOf(parsed(JSON.stringify(value)));

const word = fc.string({ minLength: 1, maxLength: 8 });
const name = fc.constantFrom('add', 'sub', 'now');
const input = fc.dictionary(fc.constantFrom('a', 'b'), fc.oneof(word, fc.nat(), fc.boolean()), { maxKeys: 2 });

interface Reply {
  readonly thinking: string;
  readonly text: string;
  readonly calls: readonly (readonly [string, Members])[];
}
const replies: fc.Arbitrary<Reply> = fc.record({
  thinking: fc.string(),
  text: fc.string(),
  calls: fc.array(fc.tuple(name, input), { maxLength: 3 }),
});

const toolCalls = (calls: Reply['calls']): readonly Members[] =>
  calls.map(([each, args], index) => ({ id: `c${index}`, type: 'function', function: { name: each, arguments: JSON.stringify(args) } }));

const wholeOf = ({ thinking, text, calls }: Reply): Members => ({
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: text, reasoning_content: thinking, tool_calls: toolCalls(calls) },
      finish_reason: calls.length > 0 ? 'tool_calls' : 'stop',
    },
  ],
  usage: { prompt_tokens: 5, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 2 } },
});

/** The same in pieces: what was thought, what was said, and the calls by turns, each letter of them alone. */
const chunksOf = ({ thinking, text, calls }: Reply): readonly Members[] => {
  const delta = (part: Members, finish: string | null = null): Members => ({ choices: [{ index: 0, delta: part, finish_reason: finish }] });
  const heads = toolCalls(calls).map((each, index) =>
    delta({ tool_calls: [{ ...each, index, function: { ...membersOf(each['function']), arguments: '' } }] }),
  );
  const letters = toolCalls(calls).map((each) => [...textOf(membersOf(each['function'])['arguments'])]);
  const turns = Array.from({ length: Math.max(0, ...letters.map(({ length }) => length)) }, (_, turn) =>
    letters.flatMap((each, index) =>
      each[turn] === undefined ? [] : [delta({ tool_calls: [{ index, function: { arguments: each[turn] } }] })],
    ),
  ).flat();
  return [
    delta({ role: 'assistant', content: '' }),
    ...[...thinking].map((letter) => delta({ reasoning_content: letter })),
    ...[...text].map((letter) => delta({ content: letter })),
    ...heads,
    ...turns,
    delta({}, calls.length > 0 ? 'tool_calls' : 'stop'),
    { choices: [], usage: wholeOf({ thinking, text, calls })['usage'] },
  ];
};

const sentBy = (mapping: StreamMapping, chunks: readonly Members[]): readonly Members[] =>
  [...chunks.flatMap((chunk) => mapping.next(chunk)), ...mapping.end(true)].flatMap(({ data }) => (data === '[DONE]' ? [] : [wire(data)]));

/** A message as a client of the Messages API puts it together. */
const assembled = (events: readonly Members[]): Members => {
  const blocks: Record<string, unknown>[] = [];
  let message: Members = {};
  for (const { type, index, content_block: block, delta, message: began, usage } of events) {
    const at = blocks[Number(index)] ?? {};
    const { text, thinking, partial_json: json } = membersOf(delta);
    if (type === 'message_start') message = membersOf(began);
    if (type === 'content_block_start') blocks.push({ ...membersOf(block), json: '' });
    if (typeof text === 'string') at['text'] = textOf(at['text']) + text;
    if (typeof thinking === 'string') at['thinking'] = textOf(at['thinking']) + thinking;
    if (typeof json === 'string') at['json'] = textOf(at['json']) + json;
    if (type === 'message_delta') message = { ...message, ...membersOf(delta), usage };
  }
  const content = blocks.map(({ json, ...block }) => (block['type'] === 'tool_use' ? { ...block, input: parsed(textOf(json)) } : block));
  return { ...message, content };
};

describe('A reply in pieces', () => {
  it('is the reply as a whole to a client of the Messages API', () => {
    fc.assert(
      fc.property(replies, (reply) => {
        const streamed = assembled(sentBy(messagesOverChat.stream(askedBy({})), chunksOf(reply)));
        expect(streamed).toEqual(wire(messagesOverChat.answer(wholeOf(reply), askedBy({}))));
      }),
    );
  });

  it('is the reply as a whole to a client of the Responses API', () => {
    fc.assert(
      fc.property(replies, (reply) => {
        const streamed = sentBy(responsesOverChat.stream(askedBy({})), chunksOf(reply));
        expect(streamed.map(({ sequence_number: number }) => number)).toEqual(streamed.map((_, index) => index));
        expect(streamed.at(-1)?.['response']).toEqual(wire(responsesOverChat.answer(wholeOf(reply), askedBy({}))));
      }),
    );
  });

  it('is the same after the way there and back', () => {
    const asked = askedBy({ stream_options: { include_usage: true } });
    const joined = (chunks: readonly Members[], part: string): string =>
      chunks.flatMap(({ choices }) => listOf(choices).map((choice) => textOf(membersOf(membersOf(choice)['delta'])[part]))).join('');
    const argumentsIn = (chunks: readonly Members[], index: number): string =>
      chunks
        .flatMap(({ choices }) => listOf(choices).flatMap((choice) => listOf(membersOf(membersOf(choice)['delta'])['tool_calls'])))
        .map(membersOf)
        .filter((call) => call['index'] === index)
        .map((call) => textOf(membersOf(call['function'])['arguments']))
        .join('');
    fc.assert(
      fc.property(replies, (reply) => {
        const there = messagesOverChat.stream(asked);
        const back = sentBy(composeStreams(there, chatOverMessages.stream(asked)), chunksOf(reply));
        expect(joined(back, 'content')).toBe(reply.text);
        expect(joined(back, 'reasoning_content')).toBe(reply.thinking);
        for (const [index, [, args]] of reply.calls.entries()) expect(parsed(argumentsIn(back, index))).toEqual(args);
        expect(back.at(-1)?.['usage']).toMatchObject({
          prompt_tokens: 5,
          completion_tokens: 3,
          prompt_tokens_details: { cached_tokens: 2 },
        });
      }),
    );
  });
});

it('A whole answer is the same after the way there and back', () => {
  fc.assert(
    fc.property(replies, (reply) => {
      const back = chatOverMessages.answer(wire(messagesOverChat.answer(wholeOf(reply), askedBy({}))), askedBy({}));
      const message = membersOf(membersOf(listOf(wire(back)['choices'])[0])['message']);
      expect(textOf(message['content'])).toBe(reply.text);
      expect(textOf(message['reasoning_content'])).toBe(reply.thinking);
      expect(listOf(message['tool_calls'])).toEqual(toolCalls(reply.calls));
    }),
  );
});

const turns = fc
  .array(
    fc.oneof(
      word.map((text): readonly Members[] => [{ role: 'user', content: text }]),
      word.map((text): readonly Members[] => [{ role: 'assistant', content: text }]),
      fc
        .tuple(fc.string(), fc.array(fc.tuple(name, input), { minLength: 1, maxLength: 2 }), word)
        .map(([text, calls, result]): readonly Members[] => [
          { role: 'assistant', content: text === '' ? null : text, tool_calls: toolCalls(calls) },
          ...toolCalls(calls).map(({ id }) => ({ role: 'tool', tool_call_id: id, content: result })),
        ]),
    ),
    { maxLength: 5 },
  )
  .map((parts) => parts.flat())
  // Who speaks twice in a row is heard once, in two parts: a way back there is not.
  .filter((messages) => messages.every(({ role }, index) => role === 'tool' || role !== messages[index - 1]?.['role']))
  .filter((messages) => messages.every(({ role }, index) => role !== 'user' || messages[index - 1]?.['role'] !== 'tool'));

it('A conversation is the same after the way there and back', () => {
  fc.assert(
    fc.property(turns, fc.option(word), (messages, system) => {
      const sent = [...(system === null ? [] : [{ role: 'system', content: system }]), ...messages];
      const there = wire(chatOverMessages.request(askedBy({ messages: sent })));
      const back = wire(messagesOverChat.request(askedBy(there)));
      expect(back['messages']).toEqual(wire({ messages: sent })['messages']);
      expect(back['max_tokens']).toBe(7);
    }),
  );
});
