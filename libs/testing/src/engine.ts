import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, startDaemon } from '@orrery/servers';
import { scratchDirectory } from './scratch.ts';

export interface Engine {
  /** The base of its OpenAI-compatible API. */
  readonly baseUrl: string;
  readonly model: string;
  /** Asks for an orderly stop, and waits for it. */
  readonly stop: () => Promise<void>;
}

const model = 'tiny-chat';

const buildEngine = async (): Promise<void> => {
  const tsc = join(process.cwd(), 'node_modules/typescript-native/bin/tsc');
  await promisify(execFile)(process.execPath, [tsc, '-b', join(process.cwd(), 'services/engine')], { timeout: 100_000 });
};

const isUp = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(`${url}/health`)).ok;
  } catch {
    return false;
  }
};

/** A real engine with the tiny model, as a process of its own: it answers "Hello" with "Hello! How can I help you today?". */
export const startEngine = async (env: Readonly<Record<string, string>> = {}): Promise<Engine> => {
  await buildEngine();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { stop } = await startDaemon({
    name: 'engine',
    command: process.execPath,
    args: [join(process.cwd(), 'services/engine/dist/main.js')],
    dir: scratchDirectory('engine'),
    env: {
      ...process.env,
      ORRERY_ENGINE_MODEL: join(process.cwd(), 'infra/models/tiny-chat/tiny-chat-q8_0.gguf'),
      ORRERY_ENGINE_NAME: model,
      ORRERY_ENGINE_PORT: String(port),
      ORRERY_ENGINE_THREADS: '1',
      ...env,
    },
    isReady: () => isUp(url),
  });
  return { baseUrl: `${url}/v1`, model, stop };
};
