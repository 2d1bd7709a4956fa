import type { AttemptSpec, Program } from '../domain/attempt.ts';
import { backstopSeconds } from '../domain/limits.ts';
import { readText } from './proc.ts';
import { Unrunnable } from './runtime.ts';
import { insideScript } from './scripts.sh.ts';

export interface ProcessLimits {
  /** Processes and threads. */
  readonly processes: number;
  /** A control group bounds the memory of all of them together. */
  readonly boundsMemory: boolean;
}

const mib = 1024 * 1024;
const blockBytes = 512;
const mostOpenFiles = 4_096;

/** A limit may be lowered, not raised. */
const openFiles = (): number => {
  const hard = /^Max open files\s+\S+\s+(\d+)/m.exec(readText('/proc/self/limits') ?? '')?.[1];
  return Math.min(mostOpenFiles, hard === undefined ? mostOpenFiles : Number(hard));
};

/** What the launcher is given to run: its own backstop, the way into the sandbox, the limits of each process, the program. */
export const launchArguments = (
  spec: Omit<AttemptSpec, 'program'> & { readonly program: Program },
  entry: readonly string[],
  { processes, boundsMemory }: ProcessLimits,
): readonly string[] => {
  const { program, resources, maxOutputBytes } = spec;
  if (program.fileName === '.' || program.fileName === '..') throw new Unrunnable(`${program.fileName} is no name for a file.`);
  // Output is a file too, and of it more than may be shipped must fit, so that too much can be told from enough.
  const fileBlocks = Math.ceil(Math.max(resources.memoryMib * mib, maxOutputBytes + mib) / blockBytes);
  // Address space is a poor measure of memory: only where nothing better bounds it, and with room for what is mapped and never used.
  const addressKib = boundsMemory || resources.gpus > 0 ? 0 : (resources.memoryMib + 1_024) * 1_024;
  const limits = [openFiles(), fileBlocks, processes, addressKib].map(String);
  const file = program.fileName.startsWith('-') ? `./${program.fileName}` : program.fileName;
  return [String(backstopSeconds(spec)), ...entry, '/bin/sh', '-c', insideScript, 'sh', ...limits, '/usr/bin/python3', '-u', file];
};
