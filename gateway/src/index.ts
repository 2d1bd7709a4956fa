export { GatewayConfig } from './gateway.config.ts';
export { type Gateway, type GatewayOptions, startGateway } from './gateway.ts';
export { gateway } from './program.ts';
