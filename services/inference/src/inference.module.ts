import { service } from '@orrery/process';
import { InferenceConfig } from './inference.config.ts';

/** Nothing is decided here yet: the service has its log, its connections and its health, and waits for its first aggregate. */
export const inference = service({
  name: 'inference',
  config: InferenceConfig,
  events: [],
  module: () => ({}),
});
