import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@orrery/servers';
import { Problem, terminal } from '../terminal.ts';
import { asOperator } from './as-operator.ts';
import { known } from './seed.ts';
import type { Stack } from './stack.ts';

const usualPort = 8300;
const name = 'tiny-chat';
const model = `orrery/${name}`;
/** As many as the engine answers at once; the gateway keeps the others in its own queue. */
const concurrency = 4;
const file = 'infra/models/tiny-chat/tiny-chat-q8_0.gguf';

/** An optional package, of which there is none for every platform. */
const isInstalled = (checkout: string): boolean =>
  existsSync(join(checkout, 'node_modules/node-llama-cpp')) && existsSync(join(checkout, 'node_modules/@node-llama-cpp/linux-x64'));

/** Starts the engine with the tiny model; answers its address, or undefined where this machine has no engine, or none that runs. */
export const launchEngine = async (stack: Pick<Stack, 'paths' | 'launch'>, env: NodeJS.ProcessEnv = {}): Promise<string | undefined> => {
  const { checkout } = stack.paths;
  if (!isInstalled(checkout)) {
    terminal.note('no engine is installed for this platform: models answer once an upstream is set');
    return undefined;
  }
  const port = await freePort(usualPort);
  const place = { ORRERY_ENGINE_MODEL: join(checkout, file), ORRERY_ENGINE_NAME: name, ORRERY_ENGINE_PORT: String(port) };
  try {
    await stack.launch('engine', { env: { ...env, ...place } });
    return `http://127.0.0.1:${port}/v1`;
  } catch (error) {
    // Its native code does not run on every machine, and everything else does without it.
    if (!(error instanceof Problem)) throw error;
    terminal.warning(`models answer once an upstream is set: ${error.message}`);
    return undefined;
  }
};

/** Makes it the upstream of the model that is offered, as an operator would. A route that is there already is the operator's. */
export const routeToEngine = async (stack: Stack, baseUrl: string): Promise<void> => {
  await asOperator(stack, { method: 'PUT', path: '/upstreams/engine', body: { kind: 'embedded', baseUrl, concurrency } });
  if ((await known(stack, '/routes', 'name')).has(name)) return;
  const body = { models: [model, name], targets: [{ upstream: 'engine', model: name }] };
  await asOperator(stack, { method: 'PUT', path: `/routes/${name}`, body });
  if ((await known(stack, '/models', 'name')).has(model))
    await asOperator(stack, { method: 'PUT', path: `/models/${encodeURIComponent(model)}/live`, body: { isLive: true } });
};
