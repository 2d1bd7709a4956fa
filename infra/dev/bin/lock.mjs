import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const waitMs = 10 * 60_000;

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

const holderOf = (file) => {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
};

const take = (file) => {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
};

/** One installation or build of a checkout at a time; the lock of a dead process is taken over. */
export const withLock = async (root, say, work) => {
  mkdirSync(resolve(root, '.orrery'), { recursive: true });
  const file = resolve(root, '.orrery/build.lock');
  const giveUpAt = Date.now() + waitMs;
  for (let waited = false; !take(file); waited = true) {
    const holder = holderOf(file);
    if (holder !== undefined && holder > 0 && !isAlive(holder)) {
      rmSync(file, { force: true });
      continue;
    }
    if (Date.now() > giveUpAt) throw new Error(`Process ${holder} has been building for ten minutes. If it is not, delete ${file}`);
    if (!waited) say('Waiting for another build of this checkout …');
    await pause(100);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
};
