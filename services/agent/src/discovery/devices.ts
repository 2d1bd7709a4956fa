import { existsSync } from 'node:fs';
import { readText } from '../runtime/proc.ts';
import type { Gpu } from './gpus.ts';

/** What every program with a GPU needs beside the GPU itself. */
const common = ['/dev/nvidiactl', '/dev/nvidia-uvm', '/dev/nvidia-uvm-tools', '/dev/nvidia-modeset'];

/** The driver numbers its devices in its own order: /dev/nvidia<minor>. */
const minorOf = ({ busId, index }: Gpu): number => {
  const [domain = '', ...rest] = busId.toLowerCase().split(':');
  const path = `/proc/driver/nvidia/gpus/${[domain.slice(-4), ...rest].join(':')}/information`;
  const minor = /^Device Minor:\s*(\d+)$/m.exec(readText(path) ?? '')?.[1];
  return minor === undefined ? index : Number(minor);
};

/** The device files that a program with these GPUs may use; it sees no other GPU. */
export const devicesOf =
  (gpus: readonly Gpu[]) =>
  (indexes: readonly number[]): string[] => {
    if (indexes.length === 0) return [];
    const own = gpus.filter(({ index }) => indexes.includes(index)).map((gpu) => `/dev/nvidia${minorOf(gpu)}`);
    return [...own, ...common].filter((path) => existsSync(path));
  };

/** The device files that open one slice of a GPU in MIG mode, and no other: the driver asks for both (NVIDIA's MIG guide, "Device nodes"). */
export const capabilitiesOf = (gpu: Gpu, instance: number): string[] => {
  const slice = `/proc/driver/nvidia/capabilities/gpu${minorOf(gpu)}/mig/gi${instance}`;
  return [`${slice}/access`, `${slice}/ci0/access`].flatMap((path) => {
    const minor = /^DeviceFileMinor:\s*(\d+)$/m.exec(readText(path) ?? '')?.[1];
    return minor === undefined ? [] : [`/dev/nvidia-caps/nvidia-cap${minor}`];
  });
};
