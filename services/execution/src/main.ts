import { run } from '@orrery/process';
import { execution } from './execution.module.ts';

await run(execution);
