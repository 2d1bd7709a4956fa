import type { Client } from '../../shapes/shape.ts';
import type { Path } from './json-strings.ts';

const openai = new Set(['content', 'reasoning_content', 'reasoning', 'refusal', 'arguments', 'text', 'transcript', 'summary', 'input']);

/** Members that hold what a model wrote. Names are not, and where a protocol has other members for texts they are added here. */
const names: Readonly<Record<Client, ReadonlySet<string>>> = {
  chat: openai,
  completions: openai,
  embeddings: new Set(),
  responses: new Set([...openai, 'delta']),
  messages: new Set(['text', 'thinking', 'partial_json']),
  deeplogix: new Set(['response']),
  lyceum: new Set([...openai, 'output']),
};

/** What the model was told: it has been looked at where it came in. */
const echoes = new Set(['instructions', 'tools', 'metadata', 'prompt', 'user']);

/** Whether a string in an answer, or in a frame of one, was written by the model. */
export const isAnswerText = (client: Client, path: Path): boolean => {
  const name = path.findLast((part) => typeof part === 'string');
  if (names[client].has(String(name))) return !path.some((part) => echoes.has(String(part)));
  // What a tool is called with has names of its own.
  return client === 'messages' && path.includes('input');
};

/** What else tells what was written, letter by letter. */
export const isTelling = (path: Path): boolean => path.includes('logprobs');
