import { paid } from '../define.ts';

/** To ask a model for an answer, in whichever of the published protocols. */
export const CallModel = paid({
  subject: 'inference.call-model',
  summary: 'Ask a model',
  access: 'models:call',
  refusals: {},
});
