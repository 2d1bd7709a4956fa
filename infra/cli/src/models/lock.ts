import { open, readFile, rm, stat } from 'node:fs/promises';
import { Problem } from '../place.ts';
import { lockOf } from './beside.ts';
import { codeOf } from './code-of.ts';

/** So long may lie between making a lock and writing into it whose it is. */
const sayingMs = 5_000;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Alive, and somebody else's.
    return codeOf(error) === 'EPERM';
  }
};

const take = async (path: string): Promise<boolean> => {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
};

/** Undefined: nobody who lives. */
const holderOf = async (path: string): Promise<string | undefined> => {
  try {
    const pid = Number(await readFile(path, 'utf8'));
    if (pid > 0) return isAlive(pid) ? `Process ${pid}` : undefined;
    return Date.now() - (await stat(path)).mtimeMs < sayingMs ? 'Somebody else' : undefined;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
};

/** One at a time writes a file, or removes it; the lock of somebody who died is nobody's. */
export const withLock = async <T>(target: string, work: () => Promise<T>): Promise<T> => {
  const path = lockOf(target);
  if (!(await take(path))) {
    const holder = await holderOf(path);
    if (holder !== undefined) throw new Problem(`${holder} fetches ${target} just now. If that is not so, remove ${path}.`);
    await rm(path, { force: true });
    if (!(await take(path))) throw new Problem(`Somebody else fetches ${target} just now.`);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
};
