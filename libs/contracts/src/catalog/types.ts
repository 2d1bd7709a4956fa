import { z } from 'zod';
import { Currency, NanosText } from '../money.ts';
import { Instant, Text } from '../values.ts';

/** `cpu`, `gpu.a100`: what a customer asks for and a price is set on. */
export const MachineTypeName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-zA-Z0-9_.-]+$/)
  .meta({ id: 'MachineTypeName' });

/** What one run of a machine type takes of a worker. */
export const Resources = z
  .strictObject({
    cpuMilli: z.int().min(1).max(1_024_000),
    memoryMib: z.int().min(16).max(16_777_216),
    gpus: z.int().min(0).max(64),
    /** As discovered on the machine, lower case: `a100`. Absent: any GPU. */
    gpuModel: Text.min(1).max(64).optional(),
  })
  .meta({ id: 'Resources' });
export type Resources = z.infer<typeof Resources>;

export const MachineTypeView = z
  .strictObject({ name: MachineTypeName, description: z.string(), resources: Resources, isOffered: z.boolean(), publishedAt: Instant })
  .meta({ id: 'MachineType' });
export type MachineTypeView = z.infer<typeof MachineTypeView>;

export const Meter = z.enum(['run.seconds']).meta({ id: 'Meter' });
export type Meter = z.infer<typeof Meter>;

export const Price = z
  .strictObject({
    meter: Meter,
    /** The machine type. */
    resource: MachineTypeName,
    unit: z.enum(['second']),
    nanosPerUnit: NanosText,
  })
  .meta({ id: 'Price' });
export type Price = z.infer<typeof Price>;

export const PriceBookView = z
  .strictObject({
    /** Counts up from 1; a charge names the version it was priced by. */
    version: z.int().positive(),
    currency: Currency,
    effectiveAt: Instant,
    prices: z.array(Price).max(5_000),
  })
  .meta({ id: 'PriceBook' });
export type PriceBookView = z.infer<typeof PriceBookView>;

/** A price as pinned to a piece of work when it was accepted. */
export const PinnedPrice = z
  .strictObject({ version: z.int().positive(), currency: Currency, nanosPerSecond: NanosText })
  .meta({ id: 'PinnedPrice' });
export type PinnedPrice = z.infer<typeof PinnedPrice>;
