import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import type { Env } from './runtime.ts';
import { unsandboxedScript } from './scripts.sh.ts';

/** How programs are shut in on this machine. */
export type Sandbox =
  | {
      readonly kind: 'bubblewrap';
      /** First of the user ids programs get on the host, one per attempt; undefined where the agent is not root and has only its own. */
      readonly userBase: number | undefined;
      /** Whether this bubblewrap can forbid namespaces within the sandbox. */
      readonly canForbidNamespaces: boolean;
    }
  | { readonly kind: 'none' };

export interface Room {
  readonly slot: number;
  readonly scratchBytes: number;
  /** Device files a program may use: its GPUs. */
  readonly devices: readonly string[];
  /** Paths that it may read, each below /weights by its last name. */
  readonly weights: readonly string[];
  readonly hasSeccomp: boolean;
}

const bwrap = '/usr/bin/bwrap';
/** Nobody, as the program sees it. */
const innerUser = '65534';

/** `/bin` is a link to `usr/bin` on most systems, and a directory of its own on some. */
const systemRoots = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'].flatMap((name) => {
  const path = `/${name}`;
  if (!existsSync(path)) return [];
  return lstatSync(path).isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path];
});

const terminated = (args: readonly string[]): string => args.map((argument) => `${argument}\0`).join('');

const environmentOf = (env: Env): readonly [string, string][] =>
  Object.entries({ PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/work', TMPDIR: '/tmp', LANG: 'C.UTF-8', PYTHONUNBUFFERED: '1', ...env });

/**
 * What bubblewrap is told, read from descriptor 9 so that no process list shows it. Descriptors 4 to 6 are the few files of /etc.
 * Everything but /work, /tmp and /dev/shm is read-only, and these three live in the attempt's own memory.
 */
const argumentsOf = (sandbox: Extract<Sandbox, { kind: 'bubblewrap' }>, { scratchBytes, devices, weights, hasSeccomp }: Room): string[] => {
  const scratch = (path: string): string[] => ['--perms', '1777', '--size', String(scratchBytes), '--tmpfs', path];
  return [
    '--unshare-user',
    '--unshare-all',
    ...(sandbox.canForbidNamespaces ? ['--disable-userns'] : []),
    ...['--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--uid', innerUser, '--gid', innerUser, '--hostname', 'orrery'],
    ...['--ro-bind', '/usr', '/usr', ...systemRoots],
    ...['/etc/ld.so.cache', '/etc/alternatives'].flatMap((path) => ['--ro-bind-try', path, path]),
    ...['--ro-bind-data', '4', '/etc/passwd', '--ro-bind-data', '5', '/etc/group', '--ro-bind-data', '6', '/etc/hosts'],
    ...weights.flatMap((path) => ['--ro-bind', path, `/weights/${basename(path)}`]),
    ...['--proc', '/proc', '--dev', '/dev', ...devices.flatMap((path) => ['--dev-bind-try', path, path])],
    ...[...scratch('/dev/shm'), ...scratch('/tmp'), ...scratch('/work'), '--remount-ro', '/dev', '--remount-ro', '/', '--chdir', '/work'],
    ...(hasSeccomp ? ['--seccomp', '3'] : []),
    '--clearenv',
  ];
};

/** No capability to lose, none to gain, and a user that no other attempt has. */
const dropTo = (user: number | undefined): string[] => {
  if (user === undefined) return [];
  const id = String(user);
  const nothing = ['--clear-groups', '--inh-caps=-all', '--bounding-set=-all', '--no-new-privs'];
  return ['/usr/bin/setpriv', '--reuid', id, '--regid', id, ...nothing, '--'];
};

export interface Entrance {
  /** The command that becomes the sandbox, up to the program's own command. */
  readonly command: readonly string[];
  /** What descriptor 9 begins with; the environment follows. */
  readonly args: string;
}

export const userOf = (sandbox: Sandbox, slot: number): number | undefined =>
  sandbox.kind === 'bubblewrap' && sandbox.userBase !== undefined ? sandbox.userBase + slot : undefined;

export const entranceOf = (sandbox: Sandbox, room: Room): Entrance => {
  if (sandbox.kind === 'none') {
    return { command: ['/usr/bin/env', '-i', '/bin/sh', '-c', unsandboxedScript, 'sh'], args: '' };
  }
  return { command: [...dropTo(userOf(sandbox, room.slot)), bwrap, '--args', '9', '--'], args: terminated(argumentsOf(sandbox, room)) };
};

const quoted = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`;

/** How descriptor 9 goes on: the environment, which never lies on a disk and is in no process list. */
export const environmentIn = ({ kind }: Sandbox, env: Env): string => {
  const variables = environmentOf(env);
  if (kind === 'none') return variables.map(([name, value]) => `export ${name}=${quoted(value)}\n`).join('');
  return terminated(variables.flatMap(([name, value]) => ['--setenv', name, value]));
};
