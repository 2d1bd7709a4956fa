import { z } from 'zod';
import { type EventOf, events } from '../define.ts';
import { Instant } from '../values.ts';
import { ModelEvents } from './models/events.ts';
import { PriceBookView } from './prices/types.ts';
import { MachineTypeName, Resources } from './types.ts';

export const CatalogEvents = {
  ...ModelEvents,
  ...events('catalog', {
    MachineTypePublished: z.strictObject({ name: MachineTypeName, description: z.string(), resources: Resources, at: Instant }),
    MachineTypeRetired: z.strictObject({ name: MachineTypeName, at: Instant }),
    PriceBookPublished: PriceBookView.extend({ at: Instant }),
  }),
};
export type CatalogEvent = EventOf<typeof CatalogEvents>;
