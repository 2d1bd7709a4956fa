import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
const packagesOf = (text) => (text === '' ? {} : (JSON.parse(text).packages ?? {}));

/** What package-lock.json asks for and node_modules lacks or has in another version; npm keeps a list of what it put there. */
const missing = (wanted, installed) =>
  Object.entries(wanted).filter(([path, { version, link, optional }]) => {
    if (!path.includes('node_modules/')) return false;
    const found = installed[path];
    if (found === undefined) return !optional;
    return !link && found.version !== version;
  });

const npmCi = (root) => {
  const { status, error } = spawnSync('npm', ['ci', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
    // Development tools are dependencies too, whatever the shell was told.
    env: { ...process.env, NODE_ENV: 'development' },
  });
  if (status !== 0) throw new Error(`npm ci failed (${error?.message ?? `exit code ${status}`}). The lines above say why.`);
};

/** `npm ci`, but only when node_modules is not what package-lock.json says. */
export const ensureDependencies = async (root, say) => {
  const lock = read(resolve(root, 'package-lock.json'));
  const stamp = resolve(root, 'node_modules/.orrery-lock');
  const hash = createHash('sha256').update(lock).digest('hex');
  if (read(stamp) === hash) return;
  const absent = missing(packagesOf(lock), packagesOf(read(resolve(root, 'node_modules/.package-lock.json'))));
  if (absent.length > 0) {
    say(`Installing Node dependencies (${absent.length} of ${Object.keys(packagesOf(lock)).length} packages are missing) …`);
    const startedAt = Date.now();
    npmCi(root);
    say(`Installed Node dependencies in ${((Date.now() - startedAt) / 1_000).toFixed(1)} s`);
    // Compiler output of other versions is no longer true.
    rmSync(resolve(root, 'node_modules/.cache/spec.tsbuildinfo'), { force: true });
  }
  writeFileSync(stamp, hash);
};
