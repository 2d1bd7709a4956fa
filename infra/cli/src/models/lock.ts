import { open, readFile, rm } from 'node:fs/promises';
import { Problem } from '../place.ts';
import { lockOf } from './beside.ts';
import { codeOf } from './code-of.ts';

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

/** One at a time writes a file; the lock of somebody who died is nobody's. */
export const withLock = async <T>(target: string, work: () => Promise<T>): Promise<T> => {
  const path = lockOf(target);
  if (!(await take(path))) {
    const pid = Number(await readFile(path, 'utf8').catch(() => ''));
    if (pid > 0 && isAlive(pid)) throw new Problem(`Process ${pid} fetches ${target} already.`);
    await rm(path, { force: true });
    if (!(await take(path))) throw new Problem(`Somebody else fetches ${target} already.`);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
};
