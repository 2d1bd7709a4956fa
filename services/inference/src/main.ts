import { run } from '@orrery/process';
import { inference } from './inference.module.ts';

await run(inference);
