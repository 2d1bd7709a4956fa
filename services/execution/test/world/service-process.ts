import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(__dirname, '../../../..');
const main = resolve(root, 'services/execution/dist/main.js');

/** Compiles the service, which is quick where nothing changed. */
export const buildService = async (): Promise<void> => {
  const tsc = resolve(root, 'node_modules/typescript-native/bin/tsc');
  await promisify(execFile)(process.execPath, [tsc, '-b', resolve(root, 'services/execution')], { timeout: 120_000 });
};

/** The service as a process of its own, which can be killed at any point. */
export class ServiceProcess {
  private readonly env: Record<string, string>;
  private child: ChildProcess | undefined;

  constructor(env: Record<string, string>) {
    this.env = env;
  }

  /** Resolves when it says that it is ready. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [main], {
      env: { PATH: process.env['PATH'], ORRERY_LOG_LEVEL: 'fatal', ...this.env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.child = child;
    const gone = once(child, 'exit').then(([code, signal]) => {
      if (this.child === child) throw new Error(`the service ended by itself: ${code ?? signal}`);
    });
    await Promise.race([once(child, 'message'), gone]);
    // It is killed on purpose later, and waited for there.
    gone.catch(() => undefined);
  }

  async kill9(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
}
