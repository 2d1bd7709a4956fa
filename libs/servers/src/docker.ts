import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startDaemon } from './daemon.ts';
import { locate, locateDocker } from './locate.ts';
import { childrenOf } from './process-identity.ts';

/** A Docker engine of its own. Its network, mounts and processes are in namespaces of its own, and gone with it. */
export interface DockerEngine {
  readonly socket: string;
  /** How a command is started where the engine runs: on the machine, as its containers would see it. */
  readonly inside: readonly string[];
  /** SIGKILL to it, and to every container. */
  readonly stop: () => Promise<void>;
}

const groupRoot = '/sys/fs/cgroup';
const removalMs = 5_000;

const answers = (socketPath: string): Promise<boolean> =>
  new Promise((resolve) => {
    const ping = request({ socketPath, path: '/_ping', timeout: 1_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    ping.once('timeout', () => ping.destroy()).once('error', () => resolve(false));
    ping.end();
  });

const removeTree = (path: string): void => {
  for (const entry of readdirSync(path, { withFileTypes: true })) if (entry.isDirectory()) removeTree(join(path, entry.name));
  rmdirSync(path);
};

/** Control groups outlive the engine that made them; one whose processes were just killed may be busy for a moment. */
const removeGroups = async (name: string): Promise<void> => {
  const trees = (): string[] =>
    [groupRoot, ...readdirSync(groupRoot).map((entry) => join(groupRoot, entry))].flatMap((base) => {
      try {
        return readdirSync(base).includes(name) ? [join(base, name)] : [];
      } catch {
        return [];
      }
    });
  for (const deadline = Date.now() + removalMs; trees().length > 0 && Date.now() < deadline; await pause(20)) {
    for (const tree of trees()) {
      try {
        removeTree(tree);
      } catch {
        // Tried again until the time is up: what is left then is empty, and harms nobody.
      }
    }
  }
};

const script = (dir: string, groups: string, dockerd: string): string =>
  [
    'mount -t tmpfs run /run',
    'ip link set lo up',
    `exec ${dockerd} --config-file "${dir}/daemon.json" --data-root "${dir}/data" --exec-root /run/docker --pidfile /run/docker.pid -H "unix://${dir}/docker.sock"` +
      ` --bridge none --iptables=false --ip6tables=false --cgroup-parent /${groups}`,
  ].join(' && ');

/** Starts Debian's dockerd; needs root. */
export const startDockerEngine = async ({ dir }: { readonly dir: string }): Promise<DockerEngine> => {
  if (process.getuid?.() !== 0) throw new Error('a Docker engine of its own needs root: run these tests as root');
  const dockerd = locateDocker();
  if (dockerd === undefined) throw new Error('dockerd is not installed: apt-get install docker.io');
  // That of the machine would be read otherwise, and contradict what is said here.
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'daemon.json'), '{}');
  const groups = `orrery-docker-${randomBytes(4).toString('hex')}`;
  const socket = join(dir, 'docker.sock');
  const daemon = await startDaemon({
    name: 'docker',
    command: locate('unshare') ?? 'unshare',
    args: ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '/bin/sh', '-c', script(dir, groups, dockerd)],
    dir,
    // Its own proxy and its own runtimes lie where root's programs do.
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
    isReady: () => answers(socket),
    readyWithinMs: 60_000,
  });
  const [first] = childrenOf(daemon.identity.pid);
  if (first === undefined)
    throw new Error(`the Docker engine has no process: ${readFileSync(join(dir, 'docker.log'), 'utf8').slice(-500)}`);
  return {
    socket,
    inside: ['nsenter', '--net', '--target', String(first.pid), '--'],
    stop: async () => {
      await daemon.kill9();
      await removeGroups(groups);
    },
  };
};
