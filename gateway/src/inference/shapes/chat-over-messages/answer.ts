import { listOf, type Members, membersOf, textOf } from '../members.ts';
import type { Asked } from '../shape.ts';
import { chatUsage, countedIn } from '../usage.ts';

const reasons: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
};

export const finishOf = (stopReason: unknown): string => reasons[textOf(stopReason)] ?? 'stop';

const texts = (blocks: readonly Members[], type: string, name: string): string =>
  blocks
    .filter((block) => block['type'] === type)
    .map((block) => textOf(block[name]))
    .join('');

export const idOf = ({ requestId }: Asked): string => `chatcmpl-${requestId}`;
export const createdOf = ({ now }: Asked): number => Math.floor(now / 1_000);

const callOf = (block: Members): Members => ({
  id: block['id'],
  type: 'function',
  function: { name: block['name'], arguments: JSON.stringify(block['input'] ?? {}) },
});

export const answerOf = (body: Members, asked: Asked): Members => {
  const blocks = listOf(body['content']).map(membersOf);
  const content = texts(blocks, 'text', 'text');
  const thinking = texts(blocks, 'thinking', 'thinking');
  const calls = blocks.filter((block) => block['type'] === 'tool_use').map(callOf);
  return {
    id: idOf(asked),
    object: 'chat.completion',
    created: createdOf(asked),
    model: asked.named,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: content === '' && calls.length > 0 ? null : content,
          refusal: null,
          ...(thinking === '' ? {} : { reasoning_content: thinking }),
          ...(calls.length > 0 ? { tool_calls: calls } : {}),
        },
        logprobs: null,
        finish_reason: finishOf(body['stop_reason']),
      },
    ],
    usage: chatUsage(countedIn(body['usage'])),
  };
};
