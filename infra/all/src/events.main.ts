import { ConfigInvalid } from '@orrery/process';
import { carryOut } from './events/carry-out.ts';
import { eventsCommandOf, WrongWords } from './events/command.ts';
import { services } from './services.ts';

/** For operators: one JSON line per result on stdout. */
try {
  const { ok, lines } = await carryOut(eventsCommandOf(process.argv.slice(2)), services, process.env);
  for (const line of lines) process.stdout.write(`${JSON.stringify(line)}\n`);
  process.exitCode = ok ? 0 : 1;
} catch (error) {
  const isPlain = error instanceof WrongWords || error instanceof ConfigInvalid || error instanceof RangeError;
  process.stderr.write(`${isPlain || !(error instanceof Error) ? String(isPlain ? error.message : error) : error.stack}\n`);
  process.exitCode = 2;
}
