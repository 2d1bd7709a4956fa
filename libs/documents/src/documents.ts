import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { asyncApi } from './asyncapi.ts';
import { eventFiles } from './event-files.ts';
import { eventsPage } from './events-page.ts';
import { openApi } from './openapi.ts';

/** Everything that is generated anew whenever a contract changes: path in the repository → text. */
export const documents = (): ReadonlyMap<string, string> =>
  new Map([
    ['docs/openapi.json', `${JSON.stringify(openApi(), null, 2)}\n`],
    [
      'docs/asyncapi.yaml',
      `# Generated from the contracts by npm run docs:generate; do not edit.\n${stringify(asyncApi(), { lineWidth: 0 })}`,
    ],
    ['docs/events.md', eventsPage()],
  ]);

/** By its code alone: an error of the file system need not be of this realm. */
const isMissing = (error: unknown): boolean => typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';

const readIfThere = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
};

const write = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
};

/** Why a committed file is not what the contracts say, in a sentence that tells the mend; empty where all is fresh. */
export const staleDocuments = async (root: string): Promise<readonly string[]> => {
  const stale: string[] = [];
  for (const [path, text] of documents()) {
    if ((await readIfThere(join(root, path))) !== text) stale.push(`${path} is stale: npm run docs:generate`);
  }
  for (const [path, text] of eventFiles()) {
    const committed = await readIfThere(join(root, path));
    if (committed === undefined) stale.push(`${path} is missing: npm run docs:generate`);
    else if (committed !== text)
      stale.push(
        `${path} is published and its contract has changed: raise the event's version and add an upcaster (or, if it was never released, delete the file and generate)`,
      );
  }
  return stale;
};

/** Writes what is stale or missing, but never over a published event; answers what it wrote and what it would not. */
export const writeDocuments = async (
  root: string,
): Promise<{ readonly written: readonly string[]; readonly refused: readonly string[] }> => {
  const written: string[] = [];
  const put = async (path: string, text: string): Promise<void> => {
    await write(join(root, path), text);
    written.push(path);
  };
  for (const [path, text] of documents()) {
    if ((await readIfThere(join(root, path))) !== text) await put(path, text);
  }
  for (const [path, text] of eventFiles()) {
    if ((await readIfThere(join(root, path))) === undefined) await put(path, text);
  }
  return { written, refused: await staleDocuments(root) };
};
