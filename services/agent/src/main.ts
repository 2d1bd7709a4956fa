import './heap.ts';
import { run } from '@orrery/process/light';
import { agent } from './agent.ts';

// `--drain`: let programs end before stopping.
await run(agent, process.argv.includes('--drain') ? { ...process.env, ORRERY_AGENT_DRAIN: '1' } : process.env);
