import { run } from '@orrery/process/light';
import { engine } from './engine.ts';

await run(engine);
