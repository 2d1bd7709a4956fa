/**
 * A stand-in for hardware: it speaks like NVIDIA's `nvidia-smi` of GPUs that are described in a file, and keeps there which slices they
 * have. Its tables, sentences and refusals are those of NVIDIA's documentation (nvidia-smi(1); Multi-Instance GPU User Guide).
 */

import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';

const [file, ...args] = process.argv.slice(2);

/** Profiles of an A100 with 80 GB: id, memory slices, and where they may begin. */
const profiles = {
  '1g.10gb': { id: 19, size: 1, starts: [6, 5, 4, 3, 2, 1, 0], compute: 1 },
  '2g.20gb': { id: 14, size: 2, starts: [4, 2, 0], compute: 2 },
  '3g.40gb': { id: 9, size: 4, starts: [4, 0], compute: 3 },
  '4g.40gb': { id: 5, size: 4, starts: [0], compute: 4 },
  '7g.80gb': { id: 0, size: 8, starts: [0], compute: 7 },
};

const load = () => JSON.parse(readFileSync(file, 'utf8'));
const save = (state) => {
  writeFileSync(`${file}.new`, JSON.stringify(state));
  renameSync(`${file}.new`, file);
};

/** The driver does one thing at a time. */
const alone = (work) => {
  for (let tries = 0; ; tries += 1) {
    try {
      mkdirSync(`${file}.lock`);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST' || tries > 2_000) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
  try {
    return work();
  } finally {
    rmdirSync(`${file}.lock`);
  }
};

const say = (text) => process.stdout.write(`${text}\n`);
const refuse = (text, code) => {
  say(text);
  return code;
};
const option = (name) => {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args[at + 1];
};
const bar = '+-------------------------------------------------------+';
const pad = (value, width) => String(value).padStart(width);

const topology = ({ gpus }) => {
  const names = gpus.map((_, index) => `GPU${index}`);
  say(`\t\u001b[4m${names.join('\t')}\tNIC0\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID\u001b[0m`);
  for (const [row, { links = {} }] of gpus.entries())
    say(`GPU${row}\t${gpus.map((_, column) => (row === column ? ' X ' : (links[column] ?? 'SYS'))).join('\t')}\tPXB\t0-31\t0\t\tN/A`);
  say(
    `NIC0\t${gpus.map(() => 'PXB').join('\t')}\t X \n\nLegend:\n\n  X    = Self\n  NV#  = Connection traversing a bonded set of # NVLinks`,
  );
  return 0;
};

const fieldsOf = (gpu, index) => ({
  index,
  uuid: gpu.uuid,
  name: gpu.name,
  'memory.total': gpu.memoryMib,
  'pci.bus_id': `00000000:${pad((index + 1) * 16, 2)}:00.0`,
  'mig.mode.current': gpu.mig ? 'Enabled' : 'Disabled',
});

const query = ({ gpus }, names) => {
  for (const [index, gpu] of gpus.entries()) say(names.map((name) => fieldsOf(gpu, index)[name] ?? '[N/A]').join(', '));
  return 0;
};

const list = ({ gpus }) => {
  for (const [index, { name, uuid, slices = [] }] of gpus.entries()) {
    say(`GPU ${index}: ${name} (UUID: ${uuid})`);
    for (const [device, slice] of slices.entries()) say(`  MIG ${slice.profile}     Device  ${device}: (UUID: ${slice.uuid})`);
  }
  return 0;
};

const describe = ({ gpus }, index) => {
  const devices = (gpus[index].slices ?? []).map(
    ({ id }, device) =>
      `\t\t\t<mig_device>\n\t\t\t\t<index>${device}</index>\n\t\t\t\t<gpu_instance_id>${id}</gpu_instance_id>\n\t\t\t\t<compute_instance_id>0</compute_instance_id>\n\t\t\t</mig_device>`,
  );
  say(
    `<?xml version="1.0" ?>\n<nvidia_smi_log>\n\t<gpu>\n\t\t<mig_devices>\n${devices.join('\n')}\n\t\t</mig_devices>\n\t</gpu>\n</nvidia_smi_log>`,
  );
  return 0;
};

const listProfiles = ({ gpus }) => {
  say(`${bar}\n| GPU instance profiles:                                |\n|=======================================================|`);
  for (const [index, { mig }] of gpus.entries())
    for (const [name, { id }] of Object.entries(mig ? profiles : {}))
      say(`|   ${index}  MIG ${name}       ${pad(id, 2)}     1/1        9.50       No     14     0     0   |`);
  return 0;
};

const listSlices = ({ gpus, isForbidden }) => {
  if (isForbidden) return refuse('Unable to list GPU instances: Insufficient Permissions', 4);
  const rows = gpus.flatMap(({ slices = [] }, index) => slices.map((slice) => ({ index, ...slice })));
  if (rows.length === 0) return refuse('No GPU instances found: Not Found', 6);
  say(`${bar}\n| GPU instances:                                        |\n| GPU   Name             Profile  Instance   Placement  |`);
  say('|                          ID       ID       Start:Size |\n|=======================================================|');
  for (const { index, profile, id, start } of rows)
    say(
      `|   ${index}  MIG ${profile}         ${pad(profiles[profile].id, 2)}       ${pad(id, 2)}          ${start}:${profiles[profile].size}     |\n${bar}`,
    );
  return 0;
};

const isFree = (slices, start, size) =>
  slices.every((each) => start + size <= each.start || each.start + profiles[each.profile].size <= start);

const create = (state, index) => {
  const [profile, wanted] = option('-cgi').split(':');
  const gpu = state.gpus[index];
  gpu.slices ??= [];
  const { id: profileId, size, starts } = profiles[profile] ?? {};
  const start = (starts ?? []).find((each) => (wanted === undefined || each === Number(wanted)) && isFree(gpu.slices, each, size));
  if (start === undefined || state.isFull) {
    const why = starts === undefined ? 'Invalid Argument' : 'Insufficient Resources';
    return refuse(
      `Unable to create a GPU instance on GPU ${pad(index, 2)} using profile ${profileId}: ${why}\nFailed to create GPU instances: ${why}`,
      19,
    );
  }
  let id = 7;
  while (gpu.slices.some((each) => each.id === id)) id += 1;
  gpu.slices.push({ profile, id, start, hasCompute: true, uuid: `MIG-${randomUUID()}` });
  save(state);
  say(`Successfully created GPU instance ID ${pad(id, 2)} on GPU ${pad(index, 2)} using profile MIG ${profile} (ID ${profileId})`);
  say(
    `Successfully created compute instance ID  0 on GPU ${pad(index, 2)} GPU instance ID ${pad(id, 2)} using profile MIG ${profile} (ID  0)`,
  );
  return 0;
};

const destroy = (state, index, what) => {
  const id = Number(option('-gi'));
  const { slices = [] } = state.gpus[index];
  const slice = slices.find((each) => each.id === id);
  if (slice === undefined) return refuse(`No ${what} instances found: Not Found`, 6);
  const isBusy = (state.busy ?? 0) > 0 || (what === 'GPU' && slice.hasCompute);
  if (isBusy) {
    if (what === 'GPU' && (state.busy ?? 0) > 0) state.busy -= 1;
    save(state);
    return refuse(
      `Unable to destroy ${what} instance ID ${pad(id, 2)} from GPU ${pad(index, 2)}: In use by another client\nFailed to destroy ${what} instances: In use by another client`,
      19,
    );
  }
  if (what === 'GPU') slices.splice(slices.indexOf(slice), 1);
  else slice.hasCompute = false;
  save(state);
  say(`Successfully destroyed ${what} instance ID ${pad(id, 2)} from GPU ${pad(index, 2)}`);
  return 0;
};

const answer = (state) => {
  const index = Number(option('-i') ?? 0);
  const fields = args.find((each) => each.startsWith('--query-gpu='));
  if (fields !== undefined) return query(state, fields.slice('--query-gpu='.length).split(','));
  if (args[0] === 'topo') return topology(state);
  if (args[0] === '-L') return list(state);
  if (args[0] === '-q') return describe(state, index);
  if (args.includes('-lgip')) return listProfiles(state);
  if (args.includes('-lgi')) return listSlices(state);
  if (args.includes('-cgi')) return create(state, index);
  if (args.includes('-dci')) return destroy(state, index, 'compute');
  if (args.includes('-dgi')) return destroy(state, index, 'GPU');
  return refuse('Invalid combination of input arguments.', 2);
};

process.exitCode = alone(() => answer(load()));
