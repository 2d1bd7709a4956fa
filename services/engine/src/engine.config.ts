import { hostName, variable } from '@orrery/process/light';
import { z } from 'zod';

const count = z.coerce.number().int().positive();

/** The environment of an engine. */
export const EngineConfig = z.object({
  model: variable('ORRERY_ENGINE_MODEL', z.string().regex(/\.gguf$/, 'not the path of a .gguf file'), {
    says: 'the path of the model, a file in the form GGUF',
    example: '/srv/weights/tiny-chat-q8_0.gguf',
  }),
  name: variable('ORRERY_ENGINE_NAME', z.string().min(1).max(200).optional(), {
    says: 'what clients call the model, where not the name of its file without .gguf',
    example: 'tiny-chat',
  }),
  host: variable('ORRERY_ENGINE_HOST', hostName.default('127.0.0.1'), {
    says: 'the address at which the engine listens; beyond this machine it wants a key',
    example: '127.0.0.1',
  }),
  port: variable('ORRERY_ENGINE_PORT', z.coerce.number().int().min(0).max(65_535).default(8300), {
    says: 'the port at which the engine listens, 0 for any free one',
    example: '8300',
  }),
  key: variable('ORRERY_ENGINE_KEY', z.string().min(16).max(500).optional(), {
    says: 'what clients must send as bearer token; the upstream of the platform has it as credential',
    example: 'the output of `openssl rand -hex 32`',
    secret: true,
  }),
  contextTokens: variable('ORRERY_ENGINE_CONTEXT', count.min(64).max(1_048_576).default(4_096), {
    says: 'how many tokens prompt and answer of one request may have together; never more than the model was trained for',
    example: '4096',
  }),
  sequences: variable('ORRERY_ENGINE_SEQUENCES', count.max(256).default(4), {
    says: 'how many requests are answered at once, batched',
    example: '4',
  }),
  queue: variable('ORRERY_ENGINE_QUEUE', z.coerce.number().int().min(0).max(10_000).default(64), {
    says: 'how many more requests may wait',
    example: '64',
  }),
  queueSeconds: variable('ORRERY_ENGINE_QUEUE_SECONDS', count.max(3_600).default(30), {
    says: 'for how many seconds a request may wait for its turn',
    example: '30',
  }),
  threads: variable('ORRERY_ENGINE_THREADS', count.max(1_024).optional(), {
    says: 'on how many threads the engine computes, where not as many as it thinks best',
    example: '4',
  }),
});
export type EngineConfig = z.output<typeof EngineConfig>;
