import { capabilitiesOf, devicesOf } from '../discovery/devices.ts';
import type { Gpu } from '../discovery/gpus.ts';
import type { AttemptSpec } from '../domain/attempt.ts';
import type { Env } from '../runtime/runtime.ts';
import type { Slices } from './slices.ts';

type Held = Pick<AttemptSpec, 'gpuIndexes' | 'mig'>;

/** How programs get at the GPUs that they were given, and at no others. */
export class GpuAccess {
  constructor(
    private readonly gpus: readonly Gpu[],
    private readonly slices: Slices,
  ) {}

  /** The device files of its GPUs; of its slice, which is made now, where it has but one. */
  async open(key: string, { gpuIndexes, mig }: Held): Promise<readonly string[]> {
    const devices = devicesOf(this.gpus)(gpuIndexes);
    if (mig === null) return devices;
    const gpu = this.gpus.find(({ index }) => index === gpuIndexes[0]);
    if (gpu === undefined) throw new Error(`this machine has no GPU ${gpuIndexes[0]}`);
    const { instance } = await this.slices.take(key, { gpu: gpu.index, ...mig });
    return [...devices, ...capabilitiesOf(gpu, instance)];
  }

  /** What a program is told of its slice: CUDA sees that alone. */
  told(key: string): Env {
    const slice = this.slices.of(key);
    return slice === undefined ? {} : { CUDA_VISIBLE_DEVICES: slice.uuid, NVIDIA_VISIBLE_DEVICES: slice.uuid };
  }

  /** Destroys what was made for it. */
  async close(key: string): Promise<void> {
    await this.slices.give(key);
  }

  /** Attempts for which something was made that may still be there. */
  keys(): readonly string[] {
    return this.slices.keys();
  }
}
