import { type execution, observability } from '@orrery/contracts';
import { at, id, json, later, over, run, sample } from '../../../test/fixtures/lyceum-samples.ts';
import {
  durationOf,
  ending,
  metrics,
  outputAwaited,
  record,
  returnCodeOf,
  started,
  status,
  streamed,
  summary,
  timing,
  workload,
} from './execution-views.ts';
import { Submission, submission } from './submission.ts';

describe('An execution', () => {
  it('begins with the URL of its stream', () => {
    expect(json(started(run({ status: 'pending' }), 'https://orrery.example'))).toEqual({
      execution_id: id,
      status: 'pending',
      streaming_url: `https://orrery.example/api/v2/external/execution/streaming/${id}`,
      pythia_decision: null,
    });
  });

  it('tells its status, and errors only where there are some', () => {
    const now = Date.parse(at) + 2_500;
    expect(json(status(run(), now))).toEqual({
      execution_id: id,
      status: 'running',
      status_details: null,
      errors: null,
      exit_code: null,
      execution_time: 2.5,
      execution_type: 'gpu.a100',
    });
    expect(json(status(over(), now))).toMatchObject({ errors: null, exit_code: 0, execution_time: 9.001 });
    expect(json(status(over({ status: 'failed', exitCode: 3, message: 'it broke' }), now))).toMatchObject({ errors: ['it broke'] });
    expect(json(status(over({ status: 'aborted', exitCode: null, reason: 'aborted' }), now))).toMatchObject({ errors: ['aborted'] });
  });

  it('has no duration where it never ran', () => {
    expect(durationOf(run({ status: 'pending', startedAt: null }), 0)).toBeNull();
    expect(durationOf(run({ status: 'cancelled', startedAt: at, endedAt: later }), 0)).toBeNull();
    expect(json(timing(over(), 0))).toEqual({ execution_id: id, start_time: at, end_time: later, duration: 9.001 });
  });

  it('is asked to end, and says so; one that has ended says that', () => {
    expect(json(ending(run(), 'abort'))).toEqual({ execution_id: id, status: 'running', message: 'Abort requested' });
    expect(json(ending(over(), 'stop'))).toMatchObject({ message: 'Execution is already completed' });
  });

  it('is a row of a list and of a history', () => {
    expect(json(workload(run()))).toEqual({
      execution_id: id,
      status: 'running',
      file_name: 'train.py',
      hardware_profile: 'gpu.a100',
      execution_type: 'gpu.a100',
      created_at: at,
      execution_owner: `user:${id}`,
    });
    expect(Object.keys(summary(over()))).toEqual(
      'execution_id created_at execution_type status hardware_profile status_details local_imports billed execelet_start start_time end_time finish_time job_start job_end file_name errors_docker parent_execution_id job_type metadata'.split(
        ' ',
      ),
    );
    expect(summary(over())).toMatchObject({ billed: false, start_time: at, end_time: later, job_end: later });
  });

  it('has a record with its output as it was written, by stream', () => {
    const output = { stdout: 'one\r\ntwo\n', stderr: 'oh' };
    const failed = over({ status: 'failed', exitCode: 2, message: 'The program ended with exit code 2.', reason: 'exited' });
    expect(json(record(failed, output, 0))).toMatchObject({
      stdout: 'one\r\ntwo\n',
      stderr: 'oh',
      output: 'one\r\ntwo\n',
      result: { returnCode: '2', error: 'The program ended with exit code 2.' },
      error: 'The program ended with exit code 2.',
    });
    expect(json(record(run(), { stdout: '', stderr: '' }, 0))).toMatchObject({ stdout: '', result: null, error: null });
  });

  it('says why it waits, where it is asked for its status and in its history', () => {
    const message = 'No connected machine offers gpu.a100: the run starts as soon as one does.';
    const waiting = run({ status: 'pending', startedAt: null, waiting: { reason: 'no-machine', message, since: at } });
    expect(json(status(waiting, 0))).toMatchObject({ status: 'pending', status_details: message, errors: null });
    expect(summary(waiting)).toMatchObject({ status_details: message });
    expect(summary(run())).toMatchObject({ status_details: null });
  });

  it('has its last output awaited for a moment after its end, and not for ever', () => {
    const ended = over({ outputEnd: '1.17' });
    expect(outputAwaited(ended, Date.parse(later) + 1_000)).toEqual({ until: '1.17' });
    expect(outputAwaited(ended, Date.parse(later) + 3_600_000)).toEqual({});
    expect(outputAwaited(over({ outputEnd: null }), Date.parse(later))).toEqual({});
    expect(outputAwaited(run(), Date.parse(later))).toEqual({});
  });

  it('has twelve series, whether anything was measured or not', () => {
    const { series: _, ...rest } = sample(observability.QueryRunMetrics);
    const view = json(metrics({ ...rest, series: { systemRamUsedBytes: [{ at, value: 5 }] } })) as Record<string, unknown>;
    expect(Object.keys(view)).toHaveLength(3 + 12);
    expect(view).toMatchObject({ executionId: id, timeRange: { start: at, end: at }, systemRamUsedBytes: [{ timestamp: at, value: 5 }] });
    expect(view['gpuPowerWatt']).toEqual([]);
  });

  it('ends with 0 where it completed, however, and never with 0 where it did not', () => {
    expect(returnCodeOf(over())).toBe('0');
    expect(returnCodeOf(over({ exitCode: 143 }))).toBe('0');
    expect(returnCodeOf(over({ status: 'failed', exitCode: 3 }))).toBe('3');
    expect(returnCodeOf(over({ status: 'aborted', exitCode: null }))).toBe('1');
    expect(returnCodeOf(over({ status: 'cancelled', exitCode: 0 }))).toBe('1');
  });

  it('streams its output and its end, and nothing else', () => {
    const item: execution.RunOutputItem = { kind: 'output', attempt: 1, seq: 1, stream: 'stderr', at, text: 'x\n' };
    expect(streamed(item)).toEqual({ output: { content: 'x\n' } });
    expect(streamed({ kind: 'status', status: 'running', waiting: null, preempted: null, at })).toBeUndefined();
    const end = { kind: 'ended', exitCode: null, reason: 'time-limit', message: null, at } as const;
    expect(streamed({ ...end, status: 'failed' })).toEqual({ jobFinished: { job: { result: { returnCode: '1', error: 'time-limit' } } } });
    expect(streamed({ ...end, status: 'completed', exitCode: 0 })).toEqual({
      jobFinished: { job: { result: { returnCode: '0', error: null } } },
    });
  });
});

describe('A submission', () => {
  const submitted = (body: object) => submission(Submission.parse(body));

  it('has the defaults of the API', () => {
    expect(submitted({ code: 'x' })).toEqual({ code: 'x', machineType: 'cpu', timeoutSeconds: 60 });
  });

  it('brings files, a name and a machine', () => {
    const body = {
      code: 'x',
      nbcode: '0',
      timeout: '30',
      import_files: '{"a/b.py":"y"}',
      file_name: 'C:\\me\\run.py',
      execution_type: 'gpu.a100',
    };
    expect(submitted(body)).toEqual({
      code: 'x',
      machineType: 'gpu.a100',
      timeoutSeconds: 30,
      fileName: 'run.py',
      files: { 'a/b.py': 'y' },
    });
  });

  it.each([null, '', [], {}])('takes %j for nothing', (empty) => {
    const fields = { requirements_content: empty, prior_imports: empty, kernel_state: empty, user_callback_urls: empty };
    expect(submitted({ code: 'x', ...fields })).toMatchObject({ code: 'x' });
  });

  it.each(['[1]', '{"a":1}', 'nonsense', '"text"'])('does not take %s for files', (text) => {
    expect(Submission.safeParse({ code: 'x', import_files: text }).success).toBe(false);
  });
});
