import { run } from '@orrery/process';
import { observability } from './observability.module.ts';

await run(observability);
