import { run } from '@orrery/process';
import { identity } from './identity.module.ts';

await run(identity);
