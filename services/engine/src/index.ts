export { EngineConfig } from './engine.config.ts';
export { engine } from './engine.ts';
