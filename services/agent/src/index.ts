export { AgentConfig } from './agent.config.ts';
export { agent } from './agent.ts';
