import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { execution, OrgId } from '@orrery/contracts';
import { CannotStart } from '@orrery/process/light';
import type { AttemptSpec } from '../domain/attempt.ts';
import { ProcessRuntime, type ProcessRuntimeOptions } from './process-runtime.ts';
import type { Sandbox } from './sandbox.ts';

const run = promisify(execFile);

/** Programs cannot be run on this machine as things are; the message says what would mend it. */
export class CannotSandbox extends CannotStart {
  override readonly name = 'CannotSandbox';
}

const always = ['/bin/sh', '/usr/bin/timeout', '/usr/bin/tar', '/usr/bin/python3'];
const sandboxing = ['/usr/bin/bwrap', '/usr/bin/setpriv'];
const probeMs = 15_000;
const pollMs = 5;
const probeKey = 'probe';
/** Above what systems hand out to people, containers and services. */
const userBase = 1_900_000_000;

const nobody = '00000000-0000-7000-8000-000000000000';

const probe: AttemptSpec = {
  runId: execution.RunId.parse(nobody),
  attempt: 1,
  epoch: 1,
  orgId: OrgId.parse(nobody),
  resources: { cpuMilli: 1_000, memoryMib: 128, gpus: 0 },
  gpuIndexes: [],
  mig: null,
  runtime: 'process',
  program: { language: 'python', code: 'print("it runs")\n', fileName: 'probe.py', files: {} },
  timeoutSeconds: 10,
  graceSeconds: 0,
  maxOutputBytes: 1_024,
  leaseExpiresAt: '1970-01-01T00:00:00.000Z',
};

/** Runs a small program with everything a real one asks of the machine. */
const tryOut = async (runtime: ProcessRuntime): Promise<void> => {
  await runtime.remove(probeKey);
  try {
    await runtime.prepare(probeKey, probe, { slot: 0 });
    await runtime.start(probeKey, {});
    const deadline = performance.now() + probeMs;
    for (let { exit } = runtime.inspect(probeKey); exit?.code !== 0; { exit } = runtime.inspect(probeKey)) {
      if (exit !== undefined) throw new Error(`a first program ended with code ${exit.code}. ${runtime.refusal(probeKey).message}`);
      if (performance.now() > deadline) throw new Error(`a first program did not end within ${probeMs / 1_000} s`);
      await pause(pollMs);
    }
  } finally {
    await runtime.remove(probeKey);
  }
};

/** Whether this bubblewrap can forbid namespaces within the sandbox: since 0.8. */
const canForbidNamespaces = async (): Promise<boolean> => {
  const { stdout } = await run('/usr/bin/bwrap', ['--version'], { timeout: 5_000 });
  const [, major, minor] = /(\d+)\.(\d+)/.exec(stdout) ?? [];
  return Number(major) > 0 || Number(minor) >= 8;
};

const missing = (paths: readonly string[]): void => {
  const absent = paths.filter((path) => !existsSync(path));
  if (absent.length > 0) throw new Error(`missing on this machine: ${absent.join(', ')} (Debian: apt-get install bubblewrap python3)`);
};

export interface Found {
  readonly runtime: ProcessRuntime;
  /** Undefined where programs are shut in; otherwise why they are not. */
  readonly warning: string | undefined;
}

/** The runtime of this machine, tried out. Without a sandbox it refuses, unless it is told not to. */
export const findRuntime = async (options: Omit<ProcessRuntimeOptions, 'sandbox'>, mayRunUnsandboxed: boolean): Promise<Found> => {
  try {
    missing([...always, ...sandboxing]);
    const isRoot = process.getuid?.() === 0;
    const sandbox: Sandbox = {
      kind: 'bubblewrap',
      userBase: isRoot ? userBase : undefined,
      canForbidNamespaces: await canForbidNamespaces(),
    };
    const runtime = new ProcessRuntime({ ...options, sandbox });
    await tryOut(runtime);
    return { runtime, warning: undefined };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    if (!mayRunUnsandboxed) {
      const mend = 'Mend it, or set ORRERY_AGENT_UNSANDBOXED=1 to run programs with every right of the agent.';
      throw new CannotSandbox(`This machine cannot shut programs in: ${why}. ${mend}`, { cause });
    }
    missing(always);
    const runtime = new ProcessRuntime({ ...options, sandbox: { kind: 'none' } });
    await tryOut(runtime);
    return { runtime, warning: why };
  }
};
