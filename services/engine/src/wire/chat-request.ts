import { z } from 'zod';
import { samplingFields } from './sampling.ts';

const textPart = z.object({ type: z.literal('text', 'this engine reads text alone'), text: z.string() });
const content = z
  .union([z.string(), z.array(textPart).min(1)])
  .transform((value) => (typeof value === 'string' ? value : value.map(({ text }) => text).join('')));

const name = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be of letters, digits, _ and -, at most 64');
const toolCall = z.object({ id: z.string(), type: z.literal('function'), function: z.object({ name, arguments: z.string() }) });

const message = z.discriminatedUnion('role', [
  z.object({ role: z.enum(['system', 'developer']), content }),
  z.object({ role: z.literal('user'), content }),
  z.object({ role: z.literal('assistant'), content: content.nullish(), tool_calls: z.array(toolCall).nullish() }),
  z.object({ role: z.literal('tool'), content, tool_call_id: z.string() }),
]);
export type Message = z.output<typeof message>;

const schema = z.record(z.string(), z.unknown());
const tool = z.object({
  type: z.literal('function', 'this engine knows functions alone'),
  function: z.object({ name, description: z.string().nullish(), parameters: schema.nullish() }),
});
export type Tool = z.output<typeof tool>['function'];

const toolChoice = z.union([z.enum(['none', 'auto', 'required']), z.object({ type: z.literal('function'), function: z.object({ name }) })]);
export type ToolChoice = z.output<typeof toolChoice>;

const responseFormat = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({ type: z.literal('json_schema'), json_schema: z.object({ name: z.string(), schema }) }),
]);
export type ResponseFormat = z.output<typeof responseFormat>;

/** POST /v1/chat/completions. What it does not name is of no meaning to this engine, and let pass. */
export const ChatRequest = z
  .object({
    ...samplingFields,
    messages: z.array(message).min(1).max(10_000),
    max_completion_tokens: samplingFields.max_tokens,
    logprobs: z.boolean().nullish(),
    top_logprobs: z.number().int().min(0).max(20).nullish(),
    response_format: responseFormat.nullish(),
    tools: z.array(tool).min(1).max(128).nullish(),
    tool_choice: toolChoice.nullish(),
    functions: z.never('is not known any more: send tools').optional(),
    modalities: z.array(z.literal('text', 'this engine speaks text alone')).nullish(),
    audio: z.null('this engine does not speak').optional(),
  })
  .refine(({ logprobs, top_logprobs }) => !top_logprobs || logprobs, { path: ['top_logprobs'], error: 'wants logprobs to be true' });
export type ChatRequest = z.output<typeof ChatRequest>;
