import { instantOf } from '@orrery/contracts';
import type { Brief } from '../domain/attempt.ts';
import { Shipper } from '../output/shipper.ts';
import type { Tools } from './tools.ts';

/** Ships the output of one attempt from where its runtime keeps it. */
export const shipperOf = (key: string, brief: Brief, { runtime, now, publish, log }: Tools): Shipper =>
  new Shipper({
    source: runtime.output(key),
    cursorPath: runtime.keepsake(key, 'cursor'),
    planPath: runtime.keepsake(key, 'plan'),
    maxBytes: brief.maxOutputBytes,
    now: () => instantOf(now().at),
    publish: (batch, texts) => publish(brief, batch, texts),
    onFailure: (error) => log.debug({ err: error, attempt: key }, 'output could not be sent'),
  });
