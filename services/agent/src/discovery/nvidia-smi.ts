import { execFile } from 'node:child_process';

/** What the tool of the driver said. */
export interface Said {
  readonly isOk: boolean;
  readonly text: string;
}

/** NVIDIA's tool, which asks the driver and tells it what to do. It never throws: a machine without GPUs is as good as any. */
export type NvidiaSmi = (args: readonly string[], timeoutMs?: number) => Promise<Said>;

const askMs = 5_000;
const mostBytes = 16 * 1024 * 1024;

export const nvidiaSmi =
  (program: string): NvidiaSmi =>
  (args, timeoutMs = askMs) =>
    new Promise((resolve) => {
      execFile(program, [...args], { timeout: timeoutMs, maxBuffer: mostBytes }, (error, stdout, stderr) => {
        const text = error && stdout === '' && stderr === '' ? error.message : `${stdout}${stderr}`;
        resolve({ isOk: error === null, text });
      });
    });
