import { z } from 'zod';
import { events } from '../../define.ts';
import { Instant, OrgId } from '../../values.ts';
import { VariableId } from './types.ts';

const variable = { variableId: VariableId, orgId: OrgId };

export const VariableEvents = events(
  'execution',
  {
    /** The value lies beside the log, sealed, and can be deleted. */
    VariableSet: z.strictObject({
      ...variable,
      name: z.string(),
      isSecret: z.boolean(),
      /** Room that name and value take, in blocks of 256 bytes: a length would say something of a password. */
      blocks: z.int().positive(),
      isNew: z.boolean(),
      at: Instant,
    }),
    VariableRemoved: z.strictObject({ ...variable, at: Instant }),
    /** The organization is gone: nothing is kept for it any more. */
    EnvironmentClosed: z.strictObject({ orgId: OrgId, at: Instant }),
  },
  { VariableSet: { personal: { of: 'orgId', fields: ['name'] } } },
);
