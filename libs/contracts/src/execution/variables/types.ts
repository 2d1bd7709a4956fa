import { z } from 'zod';
import { id } from '../../define.ts';
import { Instant, Text } from '../../values.ts';

export const VariableId = id('VariableId');
export type VariableId = z.infer<typeof VariableId>;

/** What a sandbox sets itself, what changes how programs are loaded or unpacked, and what belongs to the platform and its devices. */
const reserved = new Set(['PATH', 'HOME', 'PWD', 'OLDPWD', 'SHELL', 'USER', 'LOGNAME', 'TMPDIR', 'IFS', 'ENV', 'BASH_ENV', 'TAR_OPTIONS']);
const reservedPrefixes = ['ORRERY_', 'LD_', 'NVIDIA_'];

const isReserved = (name: string): boolean => {
  const upper = name.toUpperCase();
  return reserved.has(upper) || reservedPrefixes.some((prefix) => upper.startsWith(prefix));
};

export const VariableName = Text.min(1)
  .max(128)
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'letters, digits and underscores, and no digit first')
  .refine((name) => !isReserved(name), { error: 'is reserved for the platform', params: { mend: 'choose another name' } });

const mostValueBytes = 32_768;
const byteLength = (text: string): number => new TextEncoder().encode(text).length;

export const VariableValue = Text.max(mostValueBytes).refine((value) => byteLength(value) <= mostValueBytes, {
  error: `is longer than ${mostValueBytes} bytes`,
  params: { mend: 'put it into a file beside the program' },
});

/** Of one organization, and all together: names and values, in blocks. */
export const mostVariables = 100;
export const variableBlockBytes = 256;
export const mostVariableBlocks = 512;

export const VariableView = z
  .strictObject({
    id: VariableId,
    name: z.string(),
    /** Null where it is a secret: that is never shown. */
    value: z.string().nullable(),
    isSecret: z.boolean(),
    createdAt: Instant,
    updatedAt: Instant,
  })
  .meta({ id: 'Variable' });
export type VariableView = z.infer<typeof VariableView>;
