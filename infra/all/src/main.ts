import { billing } from '@orrery/billing';
import { catalog } from '@orrery/catalog';
import { execution } from '@orrery/execution';
import { gateway } from '@orrery/gateway';
import { identity } from '@orrery/identity';
import { inference } from '@orrery/inference';
import { observability } from '@orrery/observability';
import { runAll } from '@orrery/process';

/** Every service and the gateway in one process: for one machine, and for development. They still speak over the bus alone. */
await runAll([identity, catalog, inference, execution, billing, observability, gateway]);
