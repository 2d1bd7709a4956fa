#!/usr/bin/env node
// What must work before there is anything to work with: the right Node, the dependencies, the build. Then the real program.
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from './build.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { withLock } from './lock.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

const requireNode = () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Error(`Orrery needs Node 20.19 or newer; this is ${process.versions.node}. See https://nodejs.org/en/download`);
};

const say = (text) => console.error(text);

const program = resolve(root, 'infra/dev/dist/main.js');

/** Whoever wants to see or stop what runs must be able to while the sources do not compile, or somebody else builds them. */
const needsNoBuild = new Set(['stop', 'status', 'help', '--help', '-h']);
const isBuilt = () => existsSync(program) && existsSync(resolve(root, 'node_modules/.orrery-lock'));

const sentenceOf = (error) =>
  error.syscall !== undefined && error.path !== undefined
    ? `${error.message}. Orrery keeps what is its own in the checkout: this user must be able to write there.`
    : error.message;

try {
  requireNode();
  if (!needsNoBuild.has(process.argv[2] ?? 'help') || !isBuilt()) {
    await withLock(root, say, async () => {
      await ensureDependencies(root, say);
      await build(root, say);
    });
  }
} catch (error) {
  say(`\n${sentenceOf(error)}`);
  process.exit(1);
}

const { main } = await import(pathToFileURL(program).href);
await main(root, process.argv.slice(2));
// Whatever a failed attempt left open is no reason to stay.
process.exit();
