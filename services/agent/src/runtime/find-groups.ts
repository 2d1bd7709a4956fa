import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Controller, Groups, version1, version2 } from './groups.ts';
import { readText } from './proc.ts';

/** A mounted hierarchy of control groups, and where this process stands in it. */
export interface Hierarchy {
  readonly version: 1 | 2;
  readonly controllers: readonly string[];
  /** The directory of the group that this process is in. */
  readonly own: string;
}

interface Mount {
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly options: readonly string[];
}

const mountsOf = (mountinfo: string): Mount[] =>
  mountinfo.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ');
    const [, , , root = '', point = ''] = before?.split(' ') ?? [];
    const [type = '', , options = ''] = after?.split(' ') ?? [];
    return type === 'cgroup' || type === 'cgroup2' ? [{ root, point, type, options: options.split(',') }] : [];
  });

/** The part of the path of a group that lies below what is mounted: in a container the two need not begin alike. */
const below = (root: string, path: string): string => (root !== '/' && path.startsWith(root) ? path.slice(root.length) : path);

/** Reads /proc/self/mountinfo and /proc/self/cgroup. */
export const hierarchiesOf = (mountinfo: string, cgroup: string): Hierarchy[] => {
  const places = cgroup
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, controllers = '', ...path] = line.split(':');
      return { controllers: controllers.split(',').filter((name) => name !== ''), path: path.join(':') };
    });
  return mountsOf(mountinfo).flatMap(({ root, point, type, options }): Hierarchy[] => {
    const isUnified = type === 'cgroup2';
    const place = places.find(({ controllers }) =>
      isUnified ? controllers.length === 0 : controllers.some((name) => options.includes(name)),
    );
    if (place === undefined) return [];
    return [{ version: isUnified ? 2 : 1, controllers: place.controllers, own: join(point, below(root, place.path)) }];
  });
};

const wanted: readonly Controller[] = ['memory', 'cpu', 'pids'];

/** Our tree below our own group, so that whatever bounds the agent bounds its programs too; undefined where we may not. */
const ourTree = (own: string, name: string): string | undefined => {
  const tree = join(existsSync(own) ? own : join(own, '..'), name);
  try {
    mkdirSync(tree, { recursive: true });
    accessSync(tree, constants.W_OK);
    return tree;
  } catch {
    return undefined;
  }
};

const findVersion1 = (hierarchies: readonly Hierarchy[], name: string): Groups | undefined => {
  const treeOf = (controller: string): string | undefined => {
    const hierarchy = hierarchies.find(({ version, controllers }) => version === 1 && controllers.includes(controller));
    return hierarchy === undefined ? undefined : ourTree(hierarchy.own, name);
  };
  const bases: Partial<Record<Controller, string>> = {};
  for (const controller of wanted) {
    const tree = treeOf(controller);
    if (tree !== undefined) bases[controller] = tree;
  }
  if (Object.keys(bases).length === 0) return undefined;
  const accounting = treeOf('cpuacct');
  return new Groups(version1(bases, accounting), accounting === undefined || accounting === bases.cpu ? [] : [accounting]);
};

const available = (directory: string, file: string): string[] => readText(join(directory, file))?.trim().split(/\s+/) ?? [];

/** Asks for controllers below a group; what the kernel refuses is not there afterwards. */
const enable = (directory: string, controllers: readonly Controller[]): void => {
  for (const controller of controllers) {
    try {
      writeFileSync(join(directory, 'cgroup.subtree_control'), `+${controller}`);
    } catch {
      // Not delegated to us, or processes live in this group: what is missing shows when the control file is read again.
    }
  }
};

/** A group with controllers for its children may hold no process itself: the agent steps down into one of its own. */
const stepDown = (own: string): void => {
  const leaf = join(own, 'orrery-agent');
  mkdirSync(leaf, { recursive: true });
  writeFileSync(join(leaf, 'cgroup.procs'), String(process.pid));
};

const findVersion2 = ({ own: place }: Hierarchy, name: string): Groups | undefined => {
  const own = place.endsWith('/orrery-agent') ? join(place, '..') : place;
  const offered = wanted.filter((controller) => available(own, 'cgroup.controllers').includes(controller));
  if (offered.length === 0) return undefined;
  try {
    if (place === own && !offered.every((controller) => available(own, 'cgroup.subtree_control').includes(controller))) stepDown(own);
    enable(own, offered);
    const tree = ourTree(own, name);
    if (tree === undefined) return undefined;
    enable(tree, offered);
    const enabled = offered.filter((controller) => available(tree, 'cgroup.subtree_control').includes(controller));
    return enabled.length === 0 ? undefined : new Groups(version2(tree, enabled));
  } catch {
    return undefined;
  }
};

/** Two agents on one machine, as in tests, must not take each other's programs for strays. */
export const treeName = (stateDirectory: string): string =>
  `orrery-${createHash('sha256').update(stateDirectory).digest('hex').slice(0, 12)}`;

/** The control groups this agent may use; undefined where none can be written, and then only the limits of each process hold. */
export const findGroups = (stateDirectory: string): Groups | undefined => {
  const hierarchies = hierarchiesOf(readText('/proc/self/mountinfo') ?? '', readText('/proc/self/cgroup') ?? '');
  const name = treeName(stateDirectory);
  const unified = hierarchies.find(({ version }) => version === 2);
  const second = unified === undefined ? undefined : findVersion2(unified, name);
  return second ?? findVersion1(hierarchies, name);
};
