import { z } from 'zod';
import { Instant, SchedulingName, Text } from '../values.ts';

/** `cpu`, `gpu.a100`: what a customer asks for and a price is set on. */
export const MachineTypeName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-zA-Z0-9_.-]+$/)
  .meta({ id: 'MachineTypeName' });

/** `1g.10gb`: compute slices and memory, as NVIDIA names them; `+me` and the like may follow. */
export const MigProfile = z
  .string()
  .max(32)
  .regex(/^[1-9]g\.[1-9]\d{0,2}gb(\+[a-z.]+)?$/, 'the name of a MIG profile, such as 1g.10gb')
  .meta({ id: 'MigProfile' });

/** What one run of a machine type takes of a worker. */
export const Resources = z
  .strictObject({
    cpuMilli: z.int().min(1).max(1_024_000),
    memoryMib: z.int().min(16).max(16_777_216),
    gpus: z.int().min(0).max(64),
    /** As discovered on the machine, lower case: `a100`. Absent: any GPU. */
    gpuModel: Text.min(1).max(64).optional(),
    /** Any of these models will do. */
    gpuModels: z.array(Text.min(1).max(64)).min(1).max(16).optional(),
    /** Thousandths of the one GPU. Absent: whole GPUs. */
    gpuMilli: z.int().min(1).max(1_000).optional(),
    /** A slice of the one GPU by the name of its profile, on machines whose GPUs are in MIG mode. */
    mig: MigProfile.optional(),
    /** Of each GPU. */
    minGpuMemoryMib: z.int().min(1).max(16_777_216).optional(),
    /** Only on machines of this pool, chosen by its policy. */
    pool: SchedulingName.optional(),
  })
  .meta({ id: 'Resources' });
export type Resources = z.infer<typeof Resources>;

/** Resources that mean one thing: what an operator may publish. */
export const OfferedResources = Resources.superRefine(({ gpus, gpuModel, gpuModels, gpuMilli, mig, minGpuMemoryMib }, context) => {
  const refuse = (path: keyof Resources, message: string, mend: string): void =>
    context.addIssue({ code: 'custom', path: [path], message, params: { mend } });
  const isPart = mig !== undefined || (gpuMilli !== undefined && gpuMilli < 1_000);
  if (isPart && gpus !== 1) refuse('gpus', 'a part of a GPU is a part of one', 'send 1, or leave gpuMilli and mig out');
  if (mig !== undefined && gpuMilli !== undefined) refuse('gpuMilli', 'a slice is no share', 'leave gpuMilli or mig out');
  if (gpuModel !== undefined && gpuModels !== undefined) refuse('gpuModels', 'models are given twice', 'leave gpuModel or gpuModels out');
  if (gpus > 0) return;
  for (const [path, value] of Object.entries({ gpuModel, gpuModels, gpuMilli, minGpuMemoryMib })) {
    if (value !== undefined)
      context.addIssue({
        code: 'custom',
        path: [path],
        message: 'there is no GPU that it could be of',
        params: { mend: 'leave it out, or ask for GPUs' },
      });
  }
});

export const MachineTypeView = z
  .strictObject({ name: MachineTypeName, description: z.string(), resources: Resources, isOffered: z.boolean(), publishedAt: Instant })
  .meta({ id: 'MachineType' });
export type MachineTypeView = z.infer<typeof MachineTypeView>;
