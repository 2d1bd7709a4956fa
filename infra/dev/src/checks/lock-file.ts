/**
 * npm leaves a package for another platform out of package-lock.json when the registry that was asked does not have it, and
 * `npm ci` then refuses the file everywhere. What is missing is added as npm writes it: named, optional, for its platform.
 */
export interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

export interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
}

type Words = Readonly<Record<string, string>>;

const named = (...names: string[]): Words => Object.fromEntries(names.map((name) => [name, name]));
const systems = named('android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32');
const processors = named('arm', 'arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64');
const libraries: Words = { gnu: 'glibc', gnueabihf: 'glibc', musl: 'musl', musleabihf: 'musl' };

const firstOf = (words: readonly string[], table: Words): string | undefined => words.map((word) => table[word]).find((word) => word);

/** Where a package runs, by its name: `…-linux-arm64-musl`. */
const platformOf = (name: string): Pick<LockedPackage, 'os' | 'cpu' | 'libc'> | undefined => {
  const words = name.split('/').at(-1)?.split('-') ?? [];
  const os = firstOf(words, systems);
  const cpu = firstOf(words, processors);
  const libc = firstOf(words, libraries);
  if (os === undefined || cpu === undefined) return undefined;
  return { os: [os], cpu: [cpu], ...(os === 'linux' && libc !== undefined ? { libc: [libc] } : {}) };
};

/** Where Node would find a dependency of a package: below it, or below a folder above. */
const candidates = (path: string, name: string): string[] => {
  const parent = path.lastIndexOf('/node_modules/');
  const here = path === '' ? `node_modules/${name}` : `${path}/node_modules/${name}`;
  return path === '' ? [here] : [here, ...candidates(parent < 0 ? '' : path.slice(0, parent), name)];
};

const isExact = (version: string): boolean => /^\d+\.\d+\.\d+[-+.\w]*$/.test(version);

/** The version to which package.json overrides what is never to be installed: no registry has it, and what is optional is left out then. */
const leftOutVersion = '0.0.0-left-out';

type Overrides = { readonly [name: string]: string | Overrides };

/** What package.json says is never to be installed. */
export const leftOutBy = ({ overrides = {} }: { readonly overrides?: Overrides }): readonly string[] =>
  Object.entries(overrides).flatMap(([name, override]) =>
    typeof override === 'object' ? leftOutBy({ overrides: override }) : override === leftOutVersion ? [name] : [],
  );

/** Packages for other platforms that the lock file does not know, but for those that are to be left out. */
export const missingEntries = ({ packages }: LockFile, leftOut: readonly string[] = []): Readonly<Record<string, LockedPackage>> => {
  const missing: Record<string, LockedPackage> = {};
  for (const [path, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      const platform = platformOf(name);
      const isKnown = candidates(path, name).some((candidate) => packages[candidate] !== undefined);
      if (isKnown || leftOut.includes(name) || platform === undefined || !isExact(version)) continue;
      missing[`node_modules/${name}`] = { version, ...platform, optional: true, ...(dev === true ? { dev } : {}) };
    }
  }
  return missing;
};

/** The lock file with all platforms, its packages in npm's order. */
export const completed = <L extends LockFile>(lock: L, leftOut: readonly string[] = []): L => ({
  ...lock,
  packages: Object.fromEntries(
    Object.entries({ ...lock.packages, ...missingEntries(lock, leftOut) }).sort(([a], [b]) => a.localeCompare(b, 'en')),
  ),
});
