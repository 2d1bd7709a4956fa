/** A slice of a GPU in MIG mode as the driver tells of it: NVIDIA's GPU instance. */
export interface Instance {
  readonly gpu: number;
  readonly profile: string;
  readonly id: number;
  /** The memory slice that it begins at. */
  readonly start: number;
}

const instanceRow = /^\|\s*(\d+)\s+MIG\s+(\S+)\s+\d+\s+(\d+)\s+(\d+):\d+\s*\|/;

/** Of `nvidia-smi mig -lgi`. */
export const instancesOf = (table: string): Instance[] =>
  table.split('\n').flatMap((line) => {
    const [, gpu, profile, id, start] = instanceRow.exec(line) ?? [];
    return profile === undefined ? [] : [{ gpu: Number(gpu), profile, id: Number(id), start: Number(start) }];
  });

const profileRow = /^\|\s*(\d+)\s+MIG\s+(\d+)g\.(\d+)gb\s+\d+\s+\d+\/\d+\s/;

/** Of `nvidia-smi mig -lgip`: the memory of the largest profile of each GPU, `80gb`. */
export const largestProfiles = (table: string): ReadonlyMap<number, string> => {
  const largest = new Map<number, { readonly compute: number; readonly memory: string }>();
  for (const line of table.split('\n')) {
    const [, gpu, compute, memory] = profileRow.exec(line) ?? [];
    if (memory === undefined || Number(compute) < (largest.get(Number(gpu))?.compute ?? 0)) continue;
    largest.set(Number(gpu), { compute: Number(compute), memory: `${memory}gb` });
  }
  return new Map([...largest].map(([gpu, { memory }]) => [gpu, memory]));
};

/** Of what `nvidia-smi mig -cgi` answers. */
export const createdIn = (text: string): number | undefined => {
  const id = /created GPU instance ID\s+(\d+)\s+on GPU/.exec(text)?.[1];
  return id === undefined ? undefined : Number(id);
};

/** Of `nvidia-smi -q -x` for one GPU: the number that a slice has among its MIG devices. */
export const deviceOf = (xml: string, instance: number): number | undefined => {
  for (const [, device = ''] of xml.matchAll(/<mig_device>(.*?)<\/mig_device>/gs)) {
    const read = (name: string) => Number(new RegExp(`<${name}>\\s*(\\d+)\\s*<`).exec(device)?.[1] ?? Number.NaN);
    if (read('gpu_instance_id') === instance) return read('index');
  }
  return undefined;
};

/** Of `nvidia-smi -L`: what programs name a MIG device by. */
export const uuidIn = (list: string, gpu: number, device: number): string | undefined => {
  let current = Number.NaN;
  for (const line of list.split('\n')) {
    current = Number(/^GPU (\d+):/.exec(line)?.[1] ?? current);
    const [, index, uuid] = /^\s+MIG\s.*Device\s+(\d+):\s+\(UUID:\s*(MIG-[^)\s]+)\)/.exec(line) ?? [];
    if (current === gpu && Number(index) === device) return uuid;
  }
  return undefined;
};
