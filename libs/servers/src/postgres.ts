import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Daemon, startDaemon } from './daemon.ts';
import { freePort } from './free-port.ts';
import { locatePostgres } from './locate.ts';
import { type Server, serverOf } from './server.ts';
import { makeOpenDirectory, type SystemUser, unprivilegedUser } from './system-user.ts';

export interface PostgresOptions {
  /** Must be reachable by the unprivileged user when we are root; see `mayReach`. */
  readonly dir: string;
  /** Kept when it is free. */
  readonly port?: number;
  /** The directory of `initdb` and `postgres`. */
  readonly binaries?: string;
  /** A directory that holds an initialised cluster between runs, to copy from: initdb takes seconds, a copy does not. */
  readonly templates?: string;
}

const superuser = 'orrery';

const settings: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '400',
  shared_buffers: '128MB',
  wal_compression: 'on',
  max_wal_size: '512MB',
  log_min_messages: 'warning',
  // The log is the truth: durability is not traded for speed, not even in tests.
  fsync: 'on',
  synchronous_commit: 'on',
};

/** PostgreSQL's programs, and as whom to run them. */
interface Programs {
  readonly directory: string;
  readonly user: SystemUser | undefined;
}

const run = ({ user }: Programs, program: string, args: readonly string[], cwd: string): string =>
  execFileSync(program, args, {
    cwd,
    encoding: 'utf8',
    stdio: 'pipe',
    timeout: 120_000,
    ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
  });

/** A cluster in `dir/data`, its superuser's password in `dir/password`. */
const initialise = (dir: string, programs: Programs): void => {
  const passwordFile = join(dir, 'password');
  writeFileSync(passwordFile, randomBytes(18).toString('hex'), { mode: 0o600 });
  if (programs.user !== undefined) chownSync(passwordFile, programs.user.uid, programs.user.gid);
  const authentication = ['--username', superuser, '--pwfile', passwordFile, '--auth', 'scram-sha-256'];
  const contents = ['--encoding', 'UTF8', '--locale', 'C.UTF-8', '--no-sync'];
  run(programs, join(programs.directory, 'initdb'), ['--pgdata', join(dir, 'data'), ...authentication, ...contents], dir);
};

const makeOwnedDirectory = (path: string, { user }: Programs): void => {
  makeOpenDirectory(path);
  if (user !== undefined) chownSync(path, user.uid, user.gid);
};

/** The initialised cluster to copy from, made by whoever comes first; others may be doing the same at this moment. */
const templateIn = (templates: string, programs: Programs): string => {
  const version = run(programs, join(programs.directory, 'postgres'), ['--version'], '/').replace(/[^\w.]+/g, '-');
  const template = join(templates, `${version}${programs.user?.name ?? 'own'}`);
  if (existsSync(template)) return template;
  makeOpenDirectory(templates);
  const draft = `${template}.${randomBytes(4).toString('hex')}`;
  makeOwnedDirectory(draft, programs);
  initialise(draft, programs);
  try {
    renameSync(draft, template);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(template)) throw error;
  }
  return template;
};

const prepare = (options: PostgresOptions, programs: Programs): void => {
  const { dir, templates } = options;
  makeOwnedDirectory(dir, programs);
  if (existsSync(join(dir, 'data', 'PG_VERSION'))) return;
  rmSync(join(dir, 'data'), { recursive: true, force: true });
  if (templates === undefined) {
    initialise(dir, programs);
    return;
  }
  const template = templateIn(templates, programs);
  run(programs, 'cp', ['-Rp', join(template, 'data'), join(template, 'password'), dir], '/');
};

/** The postmaster writes its state into the last line of its pid file. */
const isReady = (data: string): boolean => {
  try {
    return readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[7]?.trim() === 'ready';
  } catch {
    return false;
  }
};

export const startPostgresServer = async (options: PostgresOptions): Promise<Server> => {
  const directory = options.binaries ?? locatePostgres();
  if (directory === undefined) throw new Error('PostgreSQL is not installed: apt-get install postgresql, or set ORRERY_POSTGRES_URL');
  const { dir } = options;
  const programs: Programs = { directory, user: unprivilegedUser() };
  prepare(options, programs);
  const data = join(dir, 'data');
  const port = await freePort(options.port);
  const args = ['-D', data, '-p', String(port), ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])];

  const start = (): Promise<Daemon> => {
    // A killed postmaster leaves its file behind, which would look ready at once.
    rmSync(join(data, 'postmaster.pid'), { force: true });
    return startDaemon({
      name: 'postgres',
      command: join(directory, 'postgres'),
      args,
      dir,
      isReady: () => Promise.resolve(isReady(data)),
      // "Fast" shutdown: roll back what is open, write a checkpoint, end.
      stopSignal: 'SIGINT',
      ...(programs.user === undefined ? {} : { user: programs.user }),
    });
  };
  const password = readFileSync(join(dir, 'password'), 'utf8').trim();
  return serverOf({ url: `postgres://${superuser}:${password}@127.0.0.1:${port}/postgres`, port, dir }, start);
};
