import { run } from '@orrery/process';
import { billing } from './billing.module.ts';

await run(billing);
