/** System calls that no program of a customer needs and that reach deep into the kernel, or look beyond the sandbox. */
const denied: Readonly<Record<string, { readonly x64: readonly number[]; readonly arm64: readonly number[] }>> = {
  'kernel keys': { x64: [248, 249, 250], arm64: [217, 218, 219] },
  'bpf, perf_event_open, userfaultfd': { x64: [321, 298, 323], arm64: [280, 241, 282] },
  'kexec and modules': { x64: [246, 320, 175, 313, 176], arm64: [104, 294, 105, 273, 106] },
  'mounts and namespaces': {
    x64: [165, 166, 155, 272, 308, 428, 429, 430, 431, 432, 433, 442],
    arm64: [40, 39, 41, 97, 268, 428, 429, 430, 431, 432, 433, 442],
  },
  'swap, reboot, clocks, accounting': {
    x64: [167, 168, 169, 164, 227, 305, 159, 163, 179, 180, 103, 212, 172, 173],
    arm64: [224, 225, 142, 170, 112, 266, 171, 89, 60, 42, 116, 18],
  },
  'files by handle': { x64: [303, 304], arm64: [264, 265] },
  'other processes': { x64: [101, 310, 311], arm64: [117, 270, 271] },
  io_uring: { x64: [425, 426, 427], arm64: [425, 426, 427] },
};

const auditArch = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;

const load = 0x20;
const jumpIfEqual = 0x15;
const jumpIfAtLeast = 0x35;
const answer = 0x06;
const allow = 0x7fff0000;
const killProcess = 0x80000000;
const notPermitted = 0x00050001;
/** Numbers from here on are the x32 calls: the same calls by other numbers, which would slip through a list. */
const x32 = 0x40000000;

interface Instruction {
  readonly code: number;
  readonly k: number;
  readonly yes?: number;
  readonly no?: number;
}

const encode = (instructions: readonly Instruction[]): Buffer => {
  const program = Buffer.alloc(instructions.length * 8);
  for (const [index, { code, k, yes = 0, no = 0 }] of instructions.entries()) {
    program.writeUInt16LE(code, index * 8);
    program.writeUInt8(yes, index * 8 + 2);
    program.writeUInt8(no, index * 8 + 3);
    program.writeUInt32LE(k, index * 8 + 4);
  }
  return program;
};

/** A filter for `bwrap --seccomp`: a denied call fails with EPERM. Undefined on a machine whose calls we do not know by number. */
export const seccompFilter = (machine: string = process.arch): Buffer | undefined => {
  if (machine !== 'x64' && machine !== 'arm64') return undefined;
  const calls = Object.values(denied).flatMap((group) => group[machine]);
  const tests = [...(machine === 'x64' ? [{ code: jumpIfAtLeast, k: x32 }] : []), ...calls.map((call) => ({ code: jumpIfEqual, k: call }))];
  return encode([
    { code: load, k: 4 },
    { code: jumpIfEqual, k: auditArch[machine], yes: 1 },
    { code: answer, k: killProcess },
    { code: load, k: 0 },
    ...tests.map((test, index) => ({ ...test, yes: tests.length - index })),
    { code: answer, k: allow },
    { code: answer, k: notPermitted },
  ]);
};
