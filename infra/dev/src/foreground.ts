import { spawn } from 'node:child_process';

export interface Foreground {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a command on our terminal and hands our signals on to it. Answers its exit code. */
export const foreground = (command: string, args: readonly string[], { cwd, env = process.env }: Foreground): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: 'inherit' });
    const hand = (name: NodeJS.Signals): void => void child.kill(name);
    const interrupt = (): void => undefined; // The terminal has told the child already.
    process.on('SIGTERM', hand);
    process.on('SIGINT', interrupt);
    const leave = (): void => {
      process.off('SIGTERM', hand);
      process.off('SIGINT', interrupt);
    };
    child.once('error', (error) => {
      leave();
      reject(error);
    });
    child.once('exit', (code, name) => {
      leave();
      resolve(code ?? (name === null ? 1 : 128));
    });
  });
