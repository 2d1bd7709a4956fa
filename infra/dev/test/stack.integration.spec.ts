import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { identityOf, isAlive, type ProcessIdentity, removeScratch, stateRoot } from '@orrery/servers';
import { eventually } from '@orrery/testing';
import { connect, credsAuthenticator } from 'nats';
import pg from 'pg';

const checkout = resolve(__dirname, '../../..');
const startWithin = { within: 60_000 };

interface Record {
  readonly owner: ProcessIdentity;
  readonly postgresUrl: string;
  readonly natsUrl: string;
  readonly credsDirectory: string;
}

/** The servers of a stack, started by the command line as a person would. */
class Cli {
  readonly name = `t${randomBytes(4).toString('hex')}`;
  readonly directory = join(checkout, '.orrery', this.name);
  private child: ChildProcess | undefined;
  private said = '';

  async up(): Promise<Record> {
    this.said = '';
    const environment = { ...process.env };
    for (const server of ['POSTGRES', 'NATS', 'REDIS']) delete environment[`ORRERY_${server}_URL`];
    const child = spawn(process.execPath, [join(checkout, 'infra/dev/bin/orrery-dev.mjs'), 'up', '--servers', '--name', this.name], {
      cwd: checkout,
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.said += chunk.toString('utf8');
    });
    this.child = child;
    await eventually(() => child.exitCode !== null || this.said.includes('Orrery is up'), startWithin);
    if (child.exitCode !== null) throw new Error(`it ended: ${this.said}`);
    return JSON.parse(readFileSync(join(this.directory, 'stack.json'), 'utf8'));
  }

  /** Another command about the same stack, from elsewhere. */
  ask(command: string): { code: number | null; said: string } {
    const args = [join(checkout, 'infra/dev/bin/orrery-dev.mjs'), command, '--name', this.name];
    const { status: code, stdout, stderr } = spawnSync(process.execPath, args, { cwd: checkout, encoding: 'utf8', timeout: 60_000 });
    return { code, said: `${stdout}${stderr}` };
  }

  get output(): string {
    return this.said;
  }

  /** Its exit code after this signal. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = new Promise<number | null>((done) => child.once('exit', done));
    child.kill(signal);
    return ended;
  }

  serverPids(): ProcessIdentity[] {
    const root = join(stateRoot(checkout), this.name);
    return ['postgres', 'nats', 'redis'].flatMap((server) => {
      const file = join(root, server, `${server}.pid.json`);
      return existsSync(file) ? [JSON.parse(readFileSync(file, 'utf8')).process] : [];
    });
  }

  async forget(): Promise<void> {
    await this.end('SIGKILL');
    await removeScratch(join(stateRoot(checkout), this.name));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

const query = async (url: string, statement: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
};

describe('the dev stack', () => {
  const clis: Cli[] = [];
  const cli = (): Cli => {
    const made = new Cli();
    clis.push(made);
    return made;
  };

  afterAll(() => Promise.all(clis.map((each) => each.forget())));

  it('starts twice at once in one checkout, and stops each without a trace', async () => {
    const [one, other] = [cli(), cli()];
    const [here, there] = await Promise.all([one.up(), other.up()]);
    await query(here.postgresUrl, 'CREATE DATABASE mine');
    const names = await query(there.postgresUrl, "SELECT datname FROM pg_database WHERE datname = 'mine'");
    expect(names).toEqual([]);
    const servers = [...one.serverPids(), ...other.serverPids()];
    expect(servers.filter(isAlive)).toHaveLength(6);
    await expect(one.end('SIGTERM')).resolves.toBe(0);
    await expect(other.end('SIGINT')).resolves.toBe(0);
    expect(servers.filter(isAlive)).toEqual([]);
    expect(existsSync(join(one.directory, 'stack.json'))).toBe(false);
  }, 90_000);

  it('never runs PostgreSQL as root, and keeps its secrets to itself', async () => {
    const stack = cli();
    const { postgresUrl, owner } = await stack.up();
    expect(owner).toEqual(identityOf(owner.pid));
    const [row] = await query(postgresUrl, "SELECT (pg_stat_file('postmaster.pid')).size > 0 AS running");
    expect(row).toEqual({ running: true });
    for (const { pid } of stack.serverPids().slice(0, 1)) expect(statSync(`/proc/${pid}`).uid).not.toBe(0);
    expect(statSync(join(stack.directory, 'secrets.json')).mode & 0o777).toBe(0o600);
    await stack.end('SIGTERM');
  }, 60_000);

  it('asks for credentials on the bus', async () => {
    const stack = cli();
    const { natsUrl, credsDirectory } = await stack.up();
    await expect(connect({ servers: natsUrl, maxReconnectAttempts: 0 })).rejects.toThrow('Authorization Violation');
    const authenticator = credsAuthenticator(readFileSync(join(credsDirectory, 'billing.creds')));
    const connection = await connect({ servers: natsUrl, authenticator, inboxPrefix: '_INBOX_billing' });
    expect(await connection.jetstreamManager().then((manager) => manager.getAccountInfo())).toMatchObject({ streams: 0 });
    await connection.close();
    await stack.end('SIGTERM');
  }, 60_000);

  it('ends what a killed run left, and comes back with its data and its ports', async () => {
    const stack = cli();
    const before = await stack.up();
    await query(before.postgresUrl, 'CREATE TABLE kept AS SELECT 7 AS id');
    const orphans = stack.serverPids();
    await stack.end('SIGKILL');
    expect(orphans.filter(isAlive)).toHaveLength(3);
    const after = await stack.up();
    expect(orphans.filter(isAlive)).toEqual([]);
    expect(stack.output).toContain('a former run was killed');
    expect(await query(after.postgresUrl, 'SELECT id FROM kept')).toEqual([{ id: 7 }]);
    expect(after.postgresUrl).toBe(before.postgresUrl);
    expect(after.natsUrl).toBe(before.natsUrl);
    await expect(stack.end('SIGTERM')).resolves.toBe(0);
  }, 90_000);

  it('tells of what a killed run left, and ends it when it is asked to stop', async () => {
    const stack = cli();
    expect(stack.ask('status')).toEqual({ code: 3, said: 'stopped\n' });
    const { owner } = await stack.up();
    expect(stack.ask('status')).toMatchObject({ code: 0, said: expect.stringContaining(`"pid": ${owner.pid}`) });
    const orphans = stack.serverPids();
    await stack.end('SIGKILL');
    const { code, said } = stack.ask('status');
    expect(code).toBe(1);
    for (const [index, name] of ['postgres', 'nats', 'redis'].entries()) expect(said).toContain(`${name} (process ${orphans[index]?.pid})`);
    expect(stack.ask('stop')).toMatchObject({ code: 0, said: expect.stringContaining('ended what a killed run had left: ') });
    expect(orphans.filter(isAlive)).toEqual([]);
    expect(stack.ask('status')).toEqual({ code: 3, said: 'stopped\n' });
  }, 90_000);

  it('stops from elsewhere while it still starts', async () => {
    const stack = cli();
    const starting = stack.up();
    await eventually(() => stack.ask('status').said.startsWith('starting') || stack.ask('status').said.includes('"pid"'), startWithin);
    expect(stack.ask('stop').code).toBe(0);
    await starting.catch(() => undefined);
    expect(stack.serverPids().filter(isAlive)).toEqual([]);
    expect(stack.ask('status')).toEqual({ code: 3, said: 'stopped\n' });
  }, 90_000);

  it('ends everything at once when it is told twice', async () => {
    const stack = cli();
    await stack.up();
    const servers = stack.serverPids();
    const codes = await Promise.all([stack.end('SIGINT'), stack.end('SIGTERM')]);
    expect(codes).toEqual([130, 130]);
    expect(servers.filter(isAlive)).toEqual([]);
  }, 60_000);

  it('raises a server that ends by itself', async () => {
    const stack = cli();
    const { postgresUrl } = await stack.up();
    const [postgres] = stack.serverPids();
    process.kill(postgres?.pid ?? 0, 'SIGKILL');
    await eventually(() => query(postgresUrl, 'SELECT 1 AS one'), { within: 20_000 });
    expect(stack.serverPids()[0]).not.toEqual(postgres);
    await stack.end('SIGTERM');
  }, 60_000);

  it('does not start twice under one name', async () => {
    const stack = cli();
    await stack.up();
    const second = new Cli();
    Object.assign(second, { name: stack.name });
    await expect(second.up()).rejects.toThrow('Orrery already runs here');
    await stack.end('SIGTERM');
  }, 60_000);
});
