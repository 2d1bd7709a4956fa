import { createdIn, deviceOf, instancesOf, largestProfiles, uuidIn } from './listing.ts';

const instances = `
+-------------------------------------------------------+
| GPU instances:                                        |
| GPU   Name             Profile  Instance   Placement  |
|                          ID       ID       Start:Size |
|=======================================================|
|   0  MIG 1g.5gb          19        7          4:1     |
+-------------------------------------------------------+
|   0  MIG 3g.20gb          9        2          0:4     |
+-------------------------------------------------------+
|   1  MIG 1g.5gb+me       20       13          6:1     |
+-------------------------------------------------------+
`;

const profiles = `
+-----------------------------------------------------------------------------+
| GPU instance profiles:                                                      |
| GPU   Name             ID    Instances   Memory     P2P    SM    DEC   ENC  |
|                              Free/Total   GiB              CE    JPEG  OFA  |
|=============================================================================|
|   0  MIG 1g.10gb       19     7/7        9.50       No     14     0     0   |
|                                                             1     0     0   |
+-----------------------------------------------------------------------------+
|   0  MIG 1g.10gb+me    20     1/1        9.50       No     14     1     0   |
|                                                             1     1     1   |
+-----------------------------------------------------------------------------+
|   0  MIG 7g.80gb        0     0/1        79.25      No     98     5     0   |
|                                                             7     1     1   |
+-----------------------------------------------------------------------------+
|   1  MIG 4g.24gb        0     1/1        23.44      No     56     4     0   |
|                                                             4     1     1   |
+-----------------------------------------------------------------------------+
`;

const log = `<?xml version="1.0" ?>
<nvidia_smi_log>
	<gpu id="00000000:10:00.0">
		<mig_devices>
			<mig_device>
				<index>0</index>
				<gpu_instance_id>1</gpu_instance_id>
				<compute_instance_id>0</compute_instance_id>
			</mig_device>
			<mig_device>
				<index>1</index>
				<gpu_instance_id>13</gpu_instance_id>
				<compute_instance_id>0</compute_instance_id>
			</mig_device>
		</mig_devices>
	</gpu>
</nvidia_smi_log>`;

const list = `GPU 0: NVIDIA A100-SXM4-80GB (UUID: GPU-ddb1)
  MIG 3g.40gb     Device  0: (UUID: MIG-aaaa)
  MIG 1g.10gb     Device  1: (UUID: MIG-bbbb)
GPU 1: NVIDIA A100-SXM4-80GB (UUID: GPU-4ce1)
  MIG 1g.10gb     Device  0: (UUID: MIG-GPU-4ce1/7/0)
`;

describe('What the driver tells of slices', () => {
  it('is which there are, and where', () => {
    expect(instancesOf(instances)).toEqual([
      { gpu: 0, profile: '1g.5gb', id: 7, start: 4 },
      { gpu: 0, profile: '3g.20gb', id: 2, start: 0 },
      { gpu: 1, profile: '1g.5gb+me', id: 13, start: 6 },
    ]);
    expect(instancesOf('No GPU instances found: Not Found\n')).toEqual([]);
  });

  it('is what a GPU can be cut into, by its largest slice', () => {
    expect(largestProfiles(profiles)).toEqual(
      new Map([
        [0, '80gb'],
        [1, '24gb'],
      ]),
    );
    expect(largestProfiles('No MIG-supported devices found.')).toEqual(new Map());
  });

  it('is the number of the one that it has made', () => {
    const made =
      'Successfully created GPU instance ID 13 on GPU  0 using profile MIG 1g.10gb (ID 19)\nSuccessfully created compute instance';
    expect(createdIn(made)).toBe(13);
    expect(createdIn('Unable to create a GPU instance on GPU  0 using profile 19: Insufficient Resources')).toBeUndefined();
  });

  it('is by what programs name it', () => {
    expect(deviceOf(log, 13)).toBe(1);
    expect(deviceOf(log, 2)).toBeUndefined();
    expect(uuidIn(list, 0, 1)).toBe('MIG-bbbb');
    expect(uuidIn(list, 1, 0)).toBe('MIG-GPU-4ce1/7/0');
    expect(uuidIn(list, 1, 1)).toBeUndefined();
  });
});
