import { gpusOf, modelOf, readingsOf } from './gpus.ts';

describe('The GPUs of a machine', () => {
  it.each([
    ['NVIDIA A100-SXM4-80GB', 'a100'],
    ['NVIDIA H100 80GB HBM3', 'h100'],
    ['NVIDIA H200', 'h200'],
    ['Tesla T4', 't4'],
    ['Tesla V100-SXM2-16GB', 'v100'],
    ['NVIDIA L40S', 'l40s'],
    ['NVIDIA GeForce RTX 4090', 'rtx4090'],
    ['NVIDIA RTX 6000 Ada Generation', 'rtx6000ada'],
    ['NVIDIA A100-PCIE-40GB', 'a100'],
    ['NVIDIA Graphics Device', 'gpu'],
  ])('%s is called %s', (name, model) => {
    expect(modelOf(name)).toBe(model);
  });

  it('are read from what nvidia-smi lists', () => {
    const csv = '0, GPU-aa, NVIDIA H100 80GB HBM3, 81559, 00000000:17:00.0\n1, GPU-bb, NVIDIA H100 80GB HBM3, [N/A], 00000000:18:00.0\n\n';
    expect(gpusOf(csv)).toEqual([{ index: 0, uuid: 'GPU-aa', model: 'h100', memoryMib: 81_559, busId: '00000000:17:00.0' }]);
    expect(gpusOf('')).toEqual([]);
    expect(gpusOf('No devices were found\n')).toEqual([]);
  });

  it('are measured as far as the driver can', () => {
    expect(readingsOf('0, 43, 12, 57, 310.25, 700.00, 1980, 2619\n1, [N/A], [Not Supported], 30, [N/A], , 345, 2619\n')).toEqual([
      {
        index: 0,
        utilizationPercent: 43,
        memoryUtilizationPercent: 12,
        temperatureCelsius: 57,
        powerWatt: 310.25,
        powerLimitWatt: 700,
        clockSmMhz: 1_980,
        clockMemMhz: 2_619,
      },
      {
        index: 1,
        utilizationPercent: undefined,
        memoryUtilizationPercent: undefined,
        temperatureCelsius: 30,
        powerWatt: undefined,
        powerLimitWatt: undefined,
        clockSmMhz: 345,
        clockMemMhz: 2_619,
      },
    ]);
  });
});
