import { request } from 'node:http';
import type { execution } from '@orrery/contracts';
import type { DockerEngine } from '@orrery/servers';
import { importPython, pythonImage, startDocker } from '@orrery/testing';
import type { Machine } from '../fixtures/agent.ts';
import { type SpecOptions, specOf } from '../fixtures/platform.ts';
import { type Registry, serveInside, startRegistry } from './registry.ts';

/** What differs between runtimes for whoever tries them out: all else is said in the same words. */
export interface World {
  readonly runtime: execution.RuntimeName;
  /** With what the agent of the machine is started. */
  readonly env: Readonly<Record<string, string>>;
  /** A Python program, as this runtime runs one. */
  readonly specOf: (options: SpecOptions) => execution.AttemptSpec;
  /** One that no machine can ever begin. */
  readonly unrunnable: () => execution.AttemptSpec;
  /** What an earlier attempt has left on the machine beside the agent's own directory. */
  readonly leftovers: (machine: Machine) => Promise<readonly string[]>;
  /** What lives there. */
  readonly living: (machine: Machine) => Promise<readonly string[]>;
  /** How a command is started on the machine itself. */
  readonly inside: readonly string[];
  readonly stop: () => Promise<void>;
}

export const processWorld = async (): Promise<World> => ({
  runtime: 'process',
  env: {},
  specOf,
  unrunnable: () => specOf({ code: 'print("x")', files: { a: 'file', 'a/b': 'file below a file' } }),
  leftovers: async (machine) => {
    const { launchers, groups } = machine.leftovers();
    return [...launchers.map(String), ...groups];
  },
  living: async (machine) => machine.leftovers().launchers.map(String),
  inside: [],
  stop: async () => {},
});

const containersOf = ({ socket }: DockerEngine, query: string): Promise<string[]> =>
  new Promise((resolve, reject) => {
    request({ socketPath: socket, path: `/containers/json${query}`, timeout: 10_000 }, (response) => {
      let text = '';
      response.on('data', (data) => (text += data));
      response.on('end', () => resolve(JSON.parse(text).map(({ Names }: { Names: string[] }) => Names[0] ?? '')));
    })
      .once('error', reject)
      .end();
  });

export const imageSpecOf = (options: SpecOptions, image: execution.ImageProgram): execution.AttemptSpec => {
  const { program: _program, ...spec } = specOf(options);
  return { ...spec, runtime: 'docker', image };
};

const openRegistry = async (engine: DockerEngine): Promise<Registry> => {
  await importPython(engine);
  return await startRegistry(engine.inside, 'open');
};

export const dockerWorld = async (): Promise<World & { readonly engine: DockerEngine; readonly registry: Registry }> => {
  const engine = await startDocker();
  const registry = await openRegistry(engine).catch(async (error: unknown) => {
    // Nobody else has it to stop.
    await engine.stop();
    throw error;
  });
  return {
    runtime: 'docker',
    engine,
    // Of another engine, that nobody means.
    env: { ORRERY_AGENT_DOCKER: engine.socket, DOCKER_HOST: 'tcp://127.0.0.1:1' },
    specOf: (options) => imageSpecOf(options, { reference: pythonImage, command: ['python3', '-u', '-c', options.code] }),
    unrunnable: () => imageSpecOf({ code: '' }, { reference: `${registry.host}/missing/image:1` }),
    leftovers: () => containersOf(engine, '?all=1'),
    living: () => containersOf(engine, ''),
    inside: engine.inside,
    registry,
    stop: async () => {
      await registry.stop();
      await engine.stop();
    },
  };
};

/** A server on every address of the machine, for programs that shall not reach it. */
export const listenInside = (inside: readonly string[]): ReturnType<typeof serveInside> =>
  serveInside(
    inside,
    'import http.server\ns = http.server.HTTPServer(("0.0.0.0", 0), http.server.BaseHTTPRequestHandler)\nprint(s.server_port, flush=True)\ns.serve_forever()',
  );
