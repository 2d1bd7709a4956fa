import { CannotStart, Closing, cannotListen, program } from '@orrery/process/light';
import { EngineConfig } from './engine.config.ts';
import { LoadedModel } from './llama/loaded-model.ts';
import { openModel } from './llama/open-model.ts';
import { serve } from './serve.ts';

/** Less than an orderly stop of the process may take. */
const graceMs = 10_000;
const closingMs = 15_000;

const loopback = new Set(['127.0.0.1', 'localhost', '::1']);

const assertGuarded = ({ host, key }: EngineConfig): void => {
  if (loopback.has(host) || key !== undefined) return;
  throw new CannotStart(`At ${host} others can reach this engine: set ORRERY_ENGINE_KEY, or ORRERY_ENGINE_HOST to 127.0.0.1.`);
};

/** Serves one model file with an OpenAI-compatible API, computed in this process by llama.cpp. */
export const engine = program({
  name: 'engine',
  config: EngineConfig,
  start: async ({ config, log, health }) => {
    assertGuarded(config);
    const closing = new Closing(log);
    try {
      const open = await openModel(config);
      closing.add('model', open.close);
      const model = new LoadedModel(open, { queue: config.queue, waitMs: config.queueSeconds * 1_000 });
      const { host, port, key } = config;
      const serving = await serve(model, { host, port, key, log }).catch((error: unknown) => {
        throw cannotListen(error, { host, port, variables: ['ORRERY_ENGINE_HOST', 'ORRERY_ENGINE_PORT'] });
      });
      closing.add('server', () => serving.stop(graceMs), closingMs);
      health.check('model', () => true);
      log.info({ url: `${serving.url}/v1`, model: open.name, contextTokens: open.most, sequences: config.sequences }, 'serving');
    } catch (error) {
      await closing.run();
      throw error;
    }
    return { stop: () => closing.finish('the engine') };
  },
});
