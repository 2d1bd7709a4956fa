import { gateway } from '@orrery/gateway';
import { runAll } from '@orrery/process';
import { services } from './services.ts';

/** Every service and the gateway in one process: for one machine, and for development. They still speak over the bus alone. */
await runAll([...services, gateway]);
