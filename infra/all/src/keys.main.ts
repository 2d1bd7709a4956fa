import { carryOutKeys } from './keys/carry-out.ts';
import { keysCommandOf } from './keys/command.ts';
import { operate } from './operate.ts';
import { services } from './services.ts';

await operate(async () => await carryOutKeys(keysCommandOf(process.argv.slice(2)), services, process.env));
