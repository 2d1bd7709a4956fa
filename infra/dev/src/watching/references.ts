import { existsSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import type { References } from './affected.ts';

interface ProjectFile {
  readonly references?: readonly { readonly path: string }[];
}

const referencesIn = (checkout: string, folder: string): string[] => {
  const file = join(checkout, folder, 'tsconfig.json');
  if (!existsSync(file)) return [];
  const { references = [] }: ProjectFile = JSON.parse(readFileSync(file, 'utf8'));
  return references.map(({ path }) => normalize(join(folder, path)));
};

/** The graph that the compiler builds by. */
export const referencesOf = (checkout: string): References =>
  Object.fromEntries(referencesIn(checkout, '.').map((folder) => [folder, referencesIn(checkout, folder)]));
