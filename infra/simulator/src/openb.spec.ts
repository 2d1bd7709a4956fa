import { readNodes, readPods, readTimedPods } from './openb.ts';

const nodesText = 'sn,cpu_milli,memory_mib,gpu,model\nn0,64000,262144,2,P100\n';

describe('A list of machines', () => {
  it('is refused with the line and the column that is wrong', () => {
    expect(() => readNodes('sn,cpu_milli,memory_mib,gpu,model\nn0,many,1,1,A\n', 'n.csv')).toThrow(/^n\.csv, line 2, column cpu_milli: /);
    expect(() => readNodes('sn,cpu_milli\nn0,1\n', 'n.csv')).toThrow(
      'n.csv, line 1: there is no column memory_mib; the first line of the file names the columns, and has sn, cpu_milli',
    );
    expect(() => readNodes('sn,cpu_milli,memory_mib,gpu,model\n', 'n.csv')).toThrow('n.csv has no rows');
    expect(() => readNodes(`${nodesText}\nn0,1,1,1,A\n`, 'n.csv')).toThrow('n.csv, line 4: "n0" stands in line 2 already');
  });

  it('is read as spreadsheets write it: with a byte order mark, CRLF, quotes and blank lines', () => {
    const text = '\uFEFFsn,cpu_milli,memory_mib,gpu,model\r\n\r\n"n0","64000",262144,2,"P100"\r\n';
    expect(readNodes(text, 'n.csv')).toEqual(readNodes(nodesText, 'n.csv'));
  });
});

describe('A list of requests', () => {
  const heads = 'name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec';
  const only = (row: string, columns = heads) => readPods(`${columns}\n${row}\n`, 'p.csv')[0];

  it('is refused with the line and the column that is wrong', () => {
    expect(() => only('a,1,1,1,0,')).toThrow('p.csv, line 2, column gpu_milli: expected 1 to 1000 where num_gpu is 1');
    expect(() => only('a,1,1,1,1001,')).toThrow('p.csv, line 2, column gpu_milli: ');
    expect(() => only('a,1,1,-1,0,')).toThrow('p.csv, line 2, column num_gpu: expected a whole number from 0 to 64');
    expect(() => only('a,1,1,x,0,')).toThrow('p.csv, line 2, column num_gpu: expected a whole number from 0 to 64');
    expect(() => only('a,1,,1,500,')).toThrow('p.csv, line 2, column memory_mib: expected a whole number');
    expect(() => only('a,many,1,1,500,')).toThrow('p.csv, line 2, column cpu_milli: expected a whole number');
    expect(() => readPods('name,"cpu\na', 'p.csv')).toThrow(/^p\.csv cannot be read as CSV: /);
  });

  it('means any model where none is named, and these where several are', () => {
    expect(only('a,1,1,1,500,')).toMatchObject({ gpuMilli: 500, models: null });
    expect(only('a,1,1,1,500', 'name,cpu_milli,memory_mib,num_gpu,gpu_milli')).toMatchObject({ models: null });
    expect(only('a,1,1,1,500,G2|P100|')).toMatchObject({ models: ['G2', 'P100'] });
  });

  it('means whole GPUs where several are asked for, whatever stands in the share, or nothing', () => {
    expect(only('a,1,1,8,,')).toMatchObject({ gpus: 8, gpuMilli: 1_000 });
    expect(only('a,1,1,2,500,')).toMatchObject({ gpus: 2, gpuMilli: 1_000 });
    expect(only('a,1,1,0,,')).toMatchObject({ gpus: 0, gpuMilli: 0 });
    expect(only('a,1,1,8', 'name,cpu_milli,memory_mib,num_gpu')).toMatchObject({ gpus: 8, gpuMilli: 1_000 });
  });
});

describe('The times of a list', () => {
  const heads = 'name,cpu_milli,memory_mib,num_gpu,gpu_milli,qos,creation_time,deletion_time,scheduled_time';
  const read = (...rows: string[]) => readTimedPods([heads, ...rows].join('\n'), 'p.csv');

  it('say how long each ran: from when it was scheduled, or came, until it was deleted, or the list ends', () => {
    const pods = read('a,1,1,1,1000,LS,10,100,40', 'b,1,1,1,1000,BE,20,50,', 'c,1,1,1,1000,BE,30,,');
    expect(pods.map(({ name, ranSeconds }) => [name, ranSeconds])).toEqual([
      ['a', 60],
      ['b', 30],
      ['c', 70],
    ]);
  });

  it('put requests in the order in which they came', () => {
    expect(read('b,1,1,0,0,,20,50,', 'a,1,1,0,0,,10,50,').map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('are refused where they are missing, or run backwards', () => {
    expect(() => read('a,1,1,0,0,,soon,50,')).toThrow('p.csv, line 2, column creation_time: expected seconds');
    expect(() => read('a,1,1,0,0,,,50,')).toThrow('p.csv, line 2, column creation_time: expected seconds');
    expect(() => read('a,1,1,0,0,,60,50,')).toThrow('p.csv, line 2, column deletion_time: it ends before it began');
    expect(() => readTimedPods('name,cpu_milli,memory_mib,num_gpu\na,1,1,0\n', 'p.csv')).toThrow(
      'p.csv, line 1: there is no column creation_time',
    );
  });
});
