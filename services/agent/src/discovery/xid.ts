/** A fault that the driver of a GPU wrote into the log of the kernel. */
export interface Xid {
  /** `00000000:17:00.0`, as `nvidia-smi` tells it. */
  readonly busId: string;
  readonly xid: number;
}

const line = /NVRM: Xid \(PCI:([0-9a-f]{4,8}):([0-9a-f]{2}):([0-9a-f]{2})(?:\.([0-9a-f]))?\): (\d{1,4})\b/i;

/** `NVRM: Xid (PCI:0000:3b:00): 79, pid=1234, GPU has fallen off the bus.`; undefined where a line tells of nothing such. */
export const xidOf = (text: string): Xid | undefined => {
  const [, domain, bus, device, part = '0', xid] = line.exec(text) ?? [];
  if (domain === undefined || bus === undefined || device === undefined || xid === undefined) return undefined;
  return { busId: `${domain.padStart(8, '0')}:${bus}:${device}.${part}`.toLowerCase(), xid: Number(xid) };
};

/**
 * Faults after which a GPU is of no use to any program until it is reset: uncorrectable memory, its firmware, its links, or gone from
 * the bus. All others are the fault of one program, or pass. Source: NVIDIA, "XID Errors", column of recommended actions.
 */
const fatal: ReadonlySet<number> = new Set([46, 48, 62, 64, 74, 79, 95, 119, 120, 140, 143]);

export const isFatal = ({ xid }: Xid): boolean => fatal.has(xid);
