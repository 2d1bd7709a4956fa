import { service, serviceVariables } from '@orrery/process';
import { z } from 'zod';

/** Owns its log and its database from the first day; routes, chats, batches and files move in with the data plane. */
export const inference = service({
  name: 'inference',
  config: z.object(serviceVariables('inference')),
  events: [],
  module: () => ({}),
});
