import { staleDocuments, writeDocuments } from '@orrery/documents';
import type { Step } from '../checks/step.ts';
import { terminal, timed } from '../terminal.ts';

/** Writes what is generated from the contracts, but never over an event that was published. */
export const generate = async (checkout: string): Promise<void> => {
  const { written, refused } = await timed('generated', () => writeDocuments(checkout));
  for (const path of written) terminal.note(path);
  for (const sentence of refused) terminal.failed(sentence);
  process.exitCode = refused.length === 0 ? 0 : 1;
};

/** Generated files are committed, so they can be stale. */
export const generatedStep = (checkout: string): Step => ({
  name: 'generated files are fresh',
  run: async () => {
    const stale = await staleDocuments(checkout);
    for (const sentence of stale) terminal.failed(sentence);
    return { ok: stale.length === 0 };
  },
});
