import { run } from '@orrery/process';
import { gateway } from './program.ts';

await run(gateway);
