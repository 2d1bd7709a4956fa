#!/usr/bin/env node
// What must work before there is anything to work with: the right Node, the dependencies, the build. Then the real program.
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

try {
  requireNode();
  await withLock(root, say, async () => {
    await ensureDependencies(root, say);
    await build(root, say);
  });
} catch (error) {
  say(`\n${error.message}`);
  process.exit(1);
}

const { main } = await import(pathToFileURL(resolve(root, 'infra/dev/dist/main.js')).href);
await main(root, process.argv.slice(2));
