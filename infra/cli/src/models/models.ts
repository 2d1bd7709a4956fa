import { access, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execution } from '@orrery/contracts';
import { type Environment, Problem } from '../place.ts';
import { markOf, partOf } from './beside.ts';
import { downloaded, sha256Of } from './download.ts';
import { withLock } from './lock.ts';
import { progressOn, type Screen } from './progress.ts';
import { type Source, sourceOf } from './source.ts';

/** `orrery models …` */
export interface Models {
  readonly verb: 'pull' | 'list' | 'rm';
  /** What to fetch, or the file to remove. */
  readonly what: string | undefined;
  readonly directory: string | undefined;
  readonly sha256: string | undefined;
}

const directoryOf = ({ directory }: Models, env: Environment): string => {
  const path = directory ?? env['ORRERY_AGENT_WEIGHTS'];
  if (path) return path;
  throw new Problem('Say where models lie: --to <directory>, or ORRERY_AGENT_WEIGHTS as the agent of this machine has it.');
};

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const assertName = (name: string): void => {
  if (execution.WeightsName.safeParse(name).success) return;
  throw new Problem(`${JSON.stringify(name)} is no name that agents tell of: letters, digits, dots, _ and - alone.`);
};

const expected = (source: Source, sha256: string | undefined): Source => {
  if (sha256 === undefined || source.sha256 === undefined || sha256 === source.sha256)
    return { ...source, sha256: sha256 ?? source.sha256 };
  throw new Problem(`The hub says that this file has the SHA-256 ${source.sha256}, and you want ${sha256}. Nothing was fetched.`);
};

/** Whoever says what it should be is not told that all is well where another one lies. */
const assertSame = async (target: string, sha256: string | undefined): Promise<void> => {
  const there = sha256 === undefined ? undefined : await sha256Of(target);
  if (there === sha256) return;
  throw new Problem(
    `${target} is there already, with the SHA-256 ${there}, and should have ${sha256}. Remove it first: orrery models rm ${basename(target)}`,
  );
};

const pull = async (asked: Models, env: Environment, screen: Screen): Promise<void> => {
  const directory = directoryOf(asked, env);
  const source = expected(await sourceOf(asked.what ?? '', env), asked.sha256);
  assertName(source.name);
  const target = join(directory, source.name);
  await mkdir(directory, { recursive: true });
  if (await isThere(target)) {
    await assertSame(target, asked.sha256);
    screen.write(`${target} is there already. To fetch it again: orrery models rm ${source.name}\n`);
    return;
  }
  const progress = progressOn(screen, Date.now);
  const sha256 = await withLock(target, () =>
    downloaded({ source, target, told: progress.told, failed: (why) => progress.say(`${why} Trying again.`) }),
  );
  progress.say(`${target}\nSHA-256 ${sha256}, ${source.sha256 === undefined ? 'which nobody said beforehand' : 'as it should be'}`);
};

const list = async (directory: string, screen: Screen): Promise<void> => {
  const names = await readdir(directory).catch(() => []);
  for (const name of names.filter((each) => execution.WeightsName.safeParse(each).success).sort()) {
    const { size, mtime } = await stat(join(directory, name));
    screen.write(`${name}  ${(size / 2 ** 20).toFixed(1)} MiB  ${mtime.toISOString()}\n`);
  }
};

const remove = async (directory: string, name: string, screen: Screen): Promise<void> => {
  assertName(name);
  const path = join(directory, name);
  if (!(await isThere(path)) && !(await isThere(partOf(path)))) throw new Problem(`There is no ${path}.`);
  await withLock(path, async () => {
    // What was begun of it goes, too.
    for (const each of [path, partOf(path), markOf(path)]) await rm(each, { force: true, recursive: true });
  });
  screen.write(`${path} is gone.\n`);
};

/** Fetches, lists and removes models in the directory that the agent of this machine tells of. */
export const models = async (asked: Models, env: Environment, screen: Screen): Promise<void> => {
  if (asked.verb === 'pull') return await pull(asked, env, screen);
  const directory = directoryOf(asked, env);
  if (asked.verb === 'list') return await list(directory, screen);
  await remove(directory, asked.what ?? '', screen);
};
