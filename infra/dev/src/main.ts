import { type CommandLine, type CommandName, commandLineOf } from './command-line.ts';
import { bench } from './commands/bench.ts';
import { demo } from './commands/demo.ts';
import { dev } from './commands/dev.ts';
import { generate } from './commands/generate.ts';
import { lock } from './commands/lock.ts';
import { simulate } from './commands/simulate.ts';
import { start } from './commands/start.ts';
import { clean, status, stop } from './commands/stop.ts';
import { check, test } from './commands/test.ts';
import { up } from './commands/up.ts';
import { terminal } from './terminal.ts';
import { wordsOf } from './words.ts';

type Command = (checkout: string, line: CommandLine) => Promise<void> | void;

const help = `node infra/dev/bin/orrery-dev.mjs <command>

  up                 PostgreSQL, NATS, Redis, all services in one process and an agent (--servers: only the servers)
  demo               the same, and a client that shows the main job (--exit: stop after the last step)
  dev                each service a process of its own, restarted when its sources change
  start <program>    one program in the foreground, with the servers of the stack that runs
  start events …     mend the streams: refill, audit, replay-dead, rebuild
  start keys …       change the keys that seal: status, rotate
  stop, status       the stack of this checkout
  clean              forget its data
  test, check        everything that must hold; check leaves out the chaos (--quick: only what needs no server)
  bench              the benchmarks, with throw-away data
  simulate           what the scheduler would do with a cluster and its requests, from files
  generate           the generated files of docs/
  lock               adds to package-lock.json what npm left out

  --name <stack>     several stacks may live in one checkout (default: dev, or $ORRERY_STACK)`;

const commands: Readonly<Record<CommandName, Command>> = {
  up,
  demo,
  dev,
  start,
  stop,
  status,
  clean,
  test,
  check,
  bench,
  simulate,
  generate: (checkout) => generate(checkout),
  lock: (checkout) => lock(checkout),
  help: () => console.log(help),
};

/** The dev stack's program. `infra/dev/bin` has made sure that there is something to run. */
export const main = async (checkout: string, argv: readonly string[]): Promise<void> => {
  // A terminal that is gone is no reason to stop halfway.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  try {
    const line = commandLineOf(argv, process.env);
    await commands[line.command](checkout, line);
  } catch (error) {
    terminal.failed(wordsOf(error));
    process.exitCode = 1;
  }
};
