import { closeSync, openSync, readdirSync } from 'node:fs';
import { readText } from './proc.ts';

/** O_CLOEXEC as /proc/<pid>/fdinfo shows it, in octal. */
const closesOnExec = 0o2000000;
const standard = 3;

/** Descriptors of ours that a child would get too: a shell or a supervisor left them open when it started us. */
const inheritable = (): number[] =>
  readdirSync('/proc/self/fd')
    .map(Number)
    .filter((descriptor) => {
      const flags = /^flags:\s*(\d+)$/m.exec(readText(`/proc/self/fdinfo/${descriptor}`) ?? '')?.[1];
      return descriptor >= standard && flags !== undefined && (Number.parseInt(flags, 8) & closesOnExec) === 0;
    });

/**
 * Runs `start` with a `stdio` that gives a child nothing of ours but what is `given` to it, by the number it gets there. Node cannot close a descriptor in a child, so each one that
 * it would inherit becomes /dev/null there: a program must not speak on the channel of whoever supervises the agent.
 */
export const withoutInheritance = <T>(given: Readonly<Record<number, number>>, start: (stdio: ('ignore' | number)[]) => T): T => {
  const descriptors = inheritable();
  const numbers = [...descriptors, ...Object.keys(given).map(Number)];
  const stdio = Array.from<'ignore' | number>({ length: Math.max(standard, ...numbers.map((number) => number + 1)) }).fill('ignore');
  const nothing = openSync('/dev/null', 'r+');
  try {
    for (const descriptor of descriptors) stdio[descriptor] = nothing;
    for (const [number, descriptor] of Object.entries(given)) stdio[Number(number)] = descriptor;
    return start(stdio);
  } finally {
    closeSync(nothing);
  }
};
