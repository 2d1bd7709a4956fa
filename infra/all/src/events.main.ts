import { carryOut } from './events/carry-out.ts';
import { eventsCommandOf } from './events/command.ts';
import { operate, printLine } from './operate.ts';
import { services } from './services.ts';

await operate(async () => await carryOut(eventsCommandOf(process.argv.slice(2)), { services, env: process.env, print: printLine }));
