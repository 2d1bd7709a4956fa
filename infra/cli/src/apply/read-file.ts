import { readFile, stat } from 'node:fs/promises';
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { Problem } from '../place.ts';
import { CatalogFile, keyOfPrice, keysOf } from './catalog-file.ts';
import { keyOfLimit } from './routing-file.ts';

const mostBytes = 5_000_000;
const shownComplaints = 20;

type Path = readonly PropertyKey[];

/** What is wrong with a place of a file, and how to mend it. */
export interface Complaint {
  readonly path: Path;
  readonly says: string;
}

interface Spot {
  readonly node: unknown;
  readonly offset: number;
}

const startOf = (node: unknown, otherwise: number): number => (isNode(node) ? (node.range?.[0] ?? otherwise) : otherwise);

/** One step further in; undefined where there is nothing. */
const within = ({ node, offset }: Spot, step: PropertyKey): Spot | undefined => {
  if (isSeq(node) && typeof step === 'number') return { node: node.items[step], offset: startOf(node.items[step], offset) };
  const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && key.value === step) : undefined;
  return pair && { node: pair.value, offset: startOf(pair.key, offset) };
};

/** Where in the text the thing at a path stands: the name of a field, or an entry of a list; of what is not there, what it is missing from. */
const offsetOf = (document: Document, path: Path): number => {
  let spot: Spot = { node: document.contents, offset: 0 };
  for (const step of path) {
    const next = within(spot, step);
    if (!next) break;
    spot = next;
  }
  return spot.offset;
};

const split = (issue: z.core.$ZodIssue): readonly Complaint[] => {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path: [...issue.path, key], says: 'is not known here' }));
  const isMissing = issue.code === 'invalid_type' && issue.message.includes('undefined');
  return [{ path: issue.path, says: isMissing ? 'is missing' : issue.message }];
};

const repeated = <T>(part: Path, items: readonly T[], keyOf: (item: T) => string): readonly Complaint[] => {
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    const key = keyOf(item);
    const isRepeated = seen.has(key);
    seen.add(key);
    return isRepeated ? [{ path: [...part, index], says: `is here twice: ${key}` }] : [];
  });
};

const nameOf = ({ name }: { readonly name: string }): string => name;

const repetitionsIn = ({ providers = [], machineTypes = [], models = [], prices, ...routing }: CatalogFile): readonly Complaint[] => [
  ...repeated(['providers'], providers, keysOf.providers),
  ...repeated(['machineTypes'], machineTypes, keysOf.machineTypes),
  ...repeated(['models'], models, keysOf.models),
  ...repeated(['prices', 'list'], prices?.list ?? [], keyOfPrice),
  ...repeated(['upstreams'], routing.upstreams ?? [], nameOf),
  ...repeated(['routes'], routing.routes ?? [], nameOf),
  ...repeated(['limits'], routing.limits ?? [], keyOfLimit),
];

const written = (path: Path): string =>
  path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '');

export interface ReadFile {
  readonly said: CatalogFile;
  /** Says what is wrong with it, by name and line. */
  readonly refuse: (complaints: readonly Complaint[]) => never;
}

type Spoken = readonly (readonly [offset: number, says: string])[];

/** What a file says; a `Problem` that names each place where it says something wrong. */
export const catalogIn = (text: string, name: string): ReadFile => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const refuseAt = (complaints: Spoken): never => {
    const told = complaints.slice(0, shownComplaints).map(([offset, says]) => `${name}:${lines.linePos(offset).line}: ${says}`);
    throw new Problem([...told, ...(complaints.length > told.length ? [`… and ${complaints.length - told.length} more`] : [])].join('\n'));
  };
  const refuse = (complaints: readonly Complaint[]): never =>
    refuseAt(complaints.map(({ path, says }) => [offsetOf(document, path), `${written(path) || 'the file'} ${says}`]));
  const [broken] = document.errors;
  if (broken) return refuseAt([[broken.pos[0], broken.message.split('\n')[0] ?? '']]);
  const parsed = CatalogFile.safeParse(document.toJS({ maxAliasCount: 100 }) ?? {});
  const complaints = parsed.success ? repetitionsIn(parsed.data) : parsed.error.issues.flatMap(split);
  if (complaints.length > 0) return refuse(complaints);
  if (!parsed.success) throw parsed.error;
  return { said: parsed.data, refuse };
};

export const readCatalogFile = async (path: string): Promise<ReadFile> => {
  try {
    if ((await stat(path)).size > mostBytes) throw new Problem(`${path} is larger than ${mostBytes} bytes: split it.`);
    return catalogIn(await readFile(path, 'utf8'), path);
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw new Problem(`${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
};
