import { makeOpenDirectory, type Server } from '@orrery/servers';
import { factsOf } from '../finding/machine.ts';
import { Problem, terminal, timed } from '../terminal.ts';
import { credsDirectory, writeBusFiles } from './bus-files.ts';
import { environmentOf } from './environment.ts';
import { gatewayPlaceOf } from './gateway-place.ts';
import { endLeftovers } from './leftovers.ts';
import { requireOwn } from './own.ts';
import type { StackPaths } from './paths.ts';
import { startProgram } from './programs.ts';
import { claimStack, eraseRecord, rememberedPorts, rememberPorts, runningStack, type StackRecord, writeRecord } from './record.ts';
import { type StackSecrets, secretsOf } from './secrets.ts';
import { type Servers, startServers } from './servers.ts';
import { Supervisor } from './supervisor.ts';

export interface LaunchOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly output?: 'log' | 'terminal';
}

/** The servers and the programs of one Orrery on this machine, for as long as one process of ours watches over them. */
export class Stack {
  readonly paths: StackPaths;
  readonly where: StackRecord;
  readonly secrets: StackSecrets;
  private readonly servers: Servers;
  private readonly programs = new Map<string, Server>();
  private readonly supervisor = new Supervisor();
  private readonly launching = new Set<Promise<Server>>();
  private readonly guests: (() => Promise<void>)[] = [];
  private isClosing = false;

  private constructor(parts: { paths: StackPaths; where: StackRecord; secrets: StackSecrets; servers: Servers }) {
    this.paths = parts.paths;
    this.where = parts.where;
    this.secrets = parts.secrets;
    this.servers = parts.servers;
    for (const [name, server] of Object.entries(parts.servers.own)) this.supervisor.watch(name, server);
  }

  static async open(paths: StackPaths, environment: NodeJS.ProcessEnv = process.env): Promise<Stack> {
    requireOwn(paths);
    makeOpenDirectory(paths.own);
    makeOpenDirectory(paths.data);
    const owner = claimStack(paths);
    if (owner !== undefined) {
      const where = runningStack(paths)?.gatewayUrl ?? 'an address that it will tell soon';
      throw new Problem(
        `Orrery already runs here (process ${owner.pid}) at ${where}. Stop it with Ctrl-C there, or with: npm run stop. ` +
          'Another one beside it takes a name: -- --name other',
      );
    }
    try {
      return await Stack.start(paths, environment);
    } catch (error) {
      eraseRecord(paths);
      throw error;
    }
  }

  private static async start(paths: StackPaths, environment: NodeJS.ProcessEnv): Promise<Stack> {
    const ended = await endLeftovers(paths);
    if (ended.length > 0) terminal.note(`a former run was killed and left ${ended.map(({ name }) => name).join(', ')} running; ended`);
    const secrets = secretsOf(paths);
    const busAuthority = await writeBusFiles(paths, secrets.bus);
    const remembered = rememberedPorts(paths);
    const gateway = await gatewayPlaceOf(environment, remembered.gateway);
    const servers = await startServers({
      paths,
      facts: factsOf(environment, true),
      wantedPorts: remembered,
      password: secrets.postgresPassword,
      busAuthority,
    });
    rememberPorts(paths, { ...servers.ports, gateway: gateway.port });
    const where = writeRecord(paths, {
      postgresUrl: servers.urls.postgres,
      natsUrl: servers.urls.nats,
      redisUrl: servers.urls.redis,
      gatewayUrl: gateway.url,
      ...(servers.isBusOurs ? { credsDirectory: credsDirectory(paths) } : {}),
    });
    return new Stack({ paths, where, secrets, servers });
  }

  environmentOf(program: string): NodeJS.ProcessEnv {
    return environmentOf(program, this.where, this.secrets, process.env);
  }

  /** Starts a program, waits until it is ready, and from then on keeps it running. */
  async launch(program: string, how: LaunchOptions = {}): Promise<Server> {
    if (this.isClosing) throw new Problem('The stack is being stopped');
    const env = { ...this.environmentOf(program), ...how.env };
    const options = { paths: this.paths, program, env, ...(how.output === undefined ? {} : { output: how.output }) };
    const launch = timed(titleOf(program), () => startProgram(options));
    this.launching.add(launch);
    try {
      const server = await launch;
      this.programs.set(program, server);
      if (!this.isClosing) this.supervisor.watch(program, server);
      return server;
    } finally {
      this.launching.delete(launch);
    }
  }

  /** Something that uses the platform and must go before it. */
  host(leave: () => Promise<void>): void {
    this.guests.push(leave);
  }

  /** Restarts a program on purpose. */
  async relaunch(program: string): Promise<void> {
    const server = this.programs.get(program);
    if (server === undefined || this.isClosing) return;
    this.supervisor.unwatch(program);
    await server.restart();
    this.supervisor.watch(program, server);
  }

  /** Stops everything in order: machines first, then services, then what they stand on. Waits for what is just starting. */
  async close(): Promise<void> {
    this.isClosing = true;
    // First of all: whatever ends from now on shall stay so.
    await this.supervisor.stop();
    await Promise.all(this.guests.map((leave) => leave()));
    await Promise.allSettled(this.launching);
    await this.programs.get('agent')?.stop();
    const others = [...this.programs].filter(([name]) => name !== 'agent');
    await Promise.all(others.map(([, program]) => program.stop()));
    await this.servers.stop();
    eraseRecord(this.paths);
  }
}

const titleOf = (program: string): string => (program === 'all' ? 'gateway and services, in one process' : program);
