import { z } from 'zod';
import { type EventOf, events } from '../define.ts';
import { Instant } from '../values.ts';
import { MachineTypeName, PriceBookView, Resources } from './types.ts';

export const CatalogEvents = events('catalog', {
  MachineTypePublished: z.strictObject({ name: MachineTypeName, description: z.string(), resources: Resources, at: Instant }),
  MachineTypeRetired: z.strictObject({ name: MachineTypeName, at: Instant }),
  PriceBookPublished: PriceBookView.extend({ at: Instant }),
});
export type CatalogEvent = EventOf<typeof CatalogEvents>;
