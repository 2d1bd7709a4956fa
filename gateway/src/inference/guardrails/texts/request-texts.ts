import type { Client } from '../../shapes/shape.ts';
import type { Path } from './json-strings.ts';

/** Where a model is told something, in the requests of each protocol. */
const roots: Readonly<Record<Client, readonly string[]>> = {
  chat: ['messages', 'documents', 'prediction', 'tools', 'functions', 'response_format'],
  completions: ['prompt', 'suffix', 'response_format'],
  embeddings: ['input'],
  responses: ['input', 'instructions', 'prompt', 'tools', 'text'],
  messages: ['messages', 'system', 'tools', 'output_config', 'output_format'],
  deeplogix: ['message'],
  lyceum: ['input'],
};

/** Below them, what is no text: what things are called, and what is written as text for want of anything better. */
const noTexts = new Set([
  'type',
  'role',
  'id',
  'call_id',
  'tool_call_id',
  'tool_use_id',
  'status',
  'detail',
  'url',
  'image_url',
  'file_id',
  'file_data',
  'file_url',
  'data',
  'media_type',
  'format',
  'encrypted_content',
  'signature',
  'cache_control',
  'ttl',
  'model',
]);

/** What a schema says is for programs, but for what it says to the model, and what it has the model say. */
const declarations = new Set(['tools', 'functions', 'response_format', 'text', 'output_config', 'output_format']);
const schemaTexts = new Set(['description', 'title', 'const', 'default', 'enum', 'examples']);

/**
 * Whether a string in a request is read by the model. What a protocol adds is a text until somebody knows better; what a tool is called with has
 * names of its own, and is text whatever these are.
 */
export const isRequestText = (client: Client, path: Path): boolean => {
  const [root = ''] = path;
  if (typeof root !== 'string' || !roots[client].includes(root)) return false;
  const name = path.findLast((part) => typeof part === 'string');
  if (declarations.has(root)) return schemaTexts.has(String(name));
  const callAt = path.indexOf('input', 1);
  return callAt > 0 || !noTexts.has(String(name));
};
