import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pauseOf } from '@orrery/kernel';
import { Problem } from '../place.ts';
import { markOf, partOf } from './beside.ts';
import { codeOf } from './code-of.ts';
import { assertWell, get, Unanswered } from './get.ts';
import type { Source } from './source.ts';

/** Without a byte for so long, it is as if nobody answered. */
const idleMs = 30_000;
const mostFailures = 5;
const mostTries = 200;
const backOff = { firstMs: 300, longestMs: 15_000 };

export interface Progress {
  readonly done: number;
  readonly of: number | undefined;
}

export interface Download {
  readonly source: Source;
  /** Where it is to lie when it is whole; until then it grows beside that. */
  readonly target: string;
  readonly told: (progress: Progress) => void;
  readonly failed: (why: string) => void;
}

const sizeOf = async (path: string): Promise<number> => {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
};

export const sha256Of = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
};

const magic = 'GGUF';

/** Somebody who wants a login first answers with a page, and says that all is well. */
const isNoModel = async ({ source, target }: Download): Promise<boolean> => {
  if (!source.name.toLowerCase().endsWith('.gguf')) return false;
  const beginning: string[] = [];
  for await (const chunk of createReadStream(partOf(target), { end: magic.length - 1, encoding: 'latin1' })) beginning.push(String(chunk));
  return beginning.join('') !== magic;
};

/** A weak mark says that two editions are alike, which does not do for putting halves together. */
const strongMark = (response: Response): string | undefined => {
  const etag = response.headers.get('etag');
  return etag?.startsWith('"') ? etag : undefined;
};

const wholeOf = (response: Response, from: number): number | undefined => {
  const range = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
  const length = response.headers.get('content-length');
  return range ? Number(range) : length === null ? undefined : from + Number(length);
};

/** What it sends begins where what is there ends. */
const isFrom = (response: Response, from: number): boolean => response.headers.get('content-range')?.startsWith(`bytes ${from}-`) === true;

const assertRoom = async (target: string, missing: number): Promise<void> => {
  const { bavail, bsize } = await statfs(dirname(target));
  if (missing <= bavail * bsize) return;
  const mib = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  throw new Problem(`${dirname(target)} has room for ${mib(bavail * bsize)}, and ${mib(missing)} are to come.`);
};

/** Chunks, each within its time. */
async function* chunksOf(response: Response, stop: AbortController): AsyncGenerator<Uint8Array> {
  const late = (): void => stop.abort(new Error('nothing came any more'));
  let timer = setTimeout(late, idleMs);
  try {
    for await (const chunk of response.body ?? []) {
      clearTimeout(timer);
      yield chunk;
      timer = setTimeout(late, idleMs);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Trying again helps against the way that the bytes come, and not against a disk that does not take them. */
const write = async (file: FileHandle, chunk: Uint8Array): Promise<void> => {
  try {
    await file.writeFile(chunk);
  } catch (cause) {
    throw new Problem(codeOf(cause) === 'ENOSPC' ? 'The disk is full.' : `It cannot be written: ${String(codeOf(cause))}.`, { cause });
  }
};

const writeAll = async (file: FileHandle, response: Response, stop: AbortController, onBytes: (bytes: number) => void): Promise<void> => {
  try {
    for await (const chunk of chunksOf(response, stop)) {
      await write(file, chunk);
      onBytes(chunk.byteLength);
    }
  } catch (cause) {
    throw cause instanceof Problem ? cause : new Unanswered(new URL(response.url).origin, cause);
  }
};

/** What is asked for is the rest, if it is still the same file; whoever does not know of parts sends all of it. */
const askFor = async ({ source, target }: Download, from: number, signal: AbortSignal): Promise<Response> => {
  const mark = from > 0 ? await readFile(markOf(target), 'utf8').catch(() => '') : '';
  // Where the checksum is known, a wrong half is found out in the end.
  const isSafe = from > 0 && (mark !== '' || source.sha256 !== undefined);
  const range: Record<string, string> = isSafe ? { range: `bytes=${from}-`, ...(mark === '' ? {} : { 'if-range': mark }) } : {};
  // Compressed on the way, a part would not be a part of the file.
  const response = await get(source.url, { headers: { ...source.headers, ...range, 'accept-encoding': 'identity' }, signal });
  const isOther = response.status === 206 && !isFrom(response, from);
  if (response.status !== 416 && !isOther) return response;
  await response.body?.cancel();
  await rm(partOf(target), { force: true });
  throw new Unanswered(new URL(source.url).origin, new Error('it has no such part'));
};

/** One try for what is missing. */
const fetchRest = async (download: Download): Promise<void> => {
  const { source, target, told } = download;
  const part = partOf(target);
  const stop = new AbortController();
  const kept = await sizeOf(part);
  const response = await askFor(download, kept, stop.signal);
  await assertWell(response, `${source.url} cannot be had`);
  const from = response.status === 206 ? kept : 0;
  const of = wholeOf(response, from);
  if (of !== undefined) await assertRoom(target, of - from);
  await writeFile(markOf(target), strongMark(response) ?? '');
  const file = await open(part, from > 0 ? 'a' : 'w', 0o644);
  let done = from;
  try {
    await writeAll(file, response, stop, (bytes) => {
      done += bytes;
      told({ done, of });
    });
    await file.datasync();
  } finally {
    await file.close();
  }
  if (of !== undefined && done !== of) throw new Unanswered(new URL(source.url).origin, new Error(`it ended after ${done} of ${of} bytes`));
};

/** Tries again where that may help, and goes on where it was; whatever came in between starts the count anew. */
const fetchAll = async (download: Download): Promise<void> => {
  const part = partOf(download.target);
  let failures = 0;
  for (let tried = 1; ; tried += 1) {
    const before = await sizeOf(part);
    try {
      await fetchRest(download);
      return;
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      failures = (await sizeOf(part)) > before ? 1 : failures + 1;
      if (failures >= mostFailures || tried >= mostTries) throw error;
      download.failed(error.message);
      await pause(pauseOf(failures, backOff));
    }
  }
};

const forget = async (target: string): Promise<void> => {
  await Promise.all([rm(partOf(target), { force: true }), rm(markOf(target), { force: true })]);
};

/** Fetches a file, whole or not at all; answers its SHA-256. A download that was cut off goes on when it is asked for again. */
export const downloaded = async (download: Download): Promise<string> => {
  const { source, target } = download;
  await fetchAll(download);
  const sha256 = await sha256Of(partOf(target));
  if (source.sha256 !== undefined && source.sha256 !== sha256) {
    await forget(target);
    throw new Problem(`What came has the SHA-256 ${sha256}, and should have ${source.sha256}. It was thrown away.`);
  }
  if (await isNoModel(download)) {
    await forget(target);
    throw new Problem(`What came from ${source.url} is no model in GGUF: a page that wants a login, perhaps. It was thrown away.`);
  }
  await rename(partOf(target), target);
  await forget(target);
  return sha256;
};
