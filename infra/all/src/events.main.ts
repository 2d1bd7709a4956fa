import { CannotStart, ConfigInvalid } from '@orrery/process';
import { carryOut } from './events/carry-out.ts';
import { eventsCommandOf, WrongWords } from './events/command.ts';
import { services } from './services.ts';

/** For operators: one JSON line per result on stdout. */
try {
  const { ok, lines } = await carryOut(eventsCommandOf(process.argv.slice(2)), services, process.env);
  for (const line of lines) process.stdout.write(`${JSON.stringify(line)}\n`);
  process.exitCode = ok ? 0 : 1;
} catch (error) {
  const isPlain = [WrongWords, ConfigInvalid, CannotStart, RangeError].some((plain) => error instanceof plain);
  process.stderr.write(`${error instanceof Error ? (isPlain ? error.message : error.stack) : String(error)}\n`);
  process.exitCode = 2;
}
