import { run } from '@orrery/process';
import { catalog } from './catalog.module.ts';

await run(catalog);
