import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

/** The compiler knows that a package is missing, and not what brings it: the dependencies are others than package-lock.json says. */
const hintFor = (said) =>
  /TS2307: Cannot find module '(?![./])/.test(said)
    ? '\nA package is not installed as package-lock.json has it: run npm install, and try again.'
    : '';

/** Compiles what changed since the last time; nothing changed takes a third of a second. */
export const build = async (root, say) => {
  const startedAt = Date.now();
  const compiler = resolve(root, 'node_modules/typescript-native/bin/tsc');
  const { status, stdout, error } = spawnSync(process.execPath, [compiler, '-b'], { cwd: root, encoding: 'utf8' });
  const tookMs = Date.now() - startedAt;
  if (status !== 0) throw new Error(`The build failed:\n${stdout ?? ''}${error?.message ?? ''}${hintFor(stdout ?? '')}`);
  if (tookMs > 2_000) say(`Built in ${(tookMs / 1_000).toFixed(1)} s`);
};
