import { defaultSettings } from '@orrery/execution/scheduling';
import { courseChart } from '../chart/course-chart.ts';
import type { Change, Course } from '../course/course.ts';
import { play } from '../course/play.ts';
import { coursesTable } from '../course/print.ts';
import { courseReport } from '../course/report.ts';
import { textOf, write } from '../files.ts';
import { InputProblem } from '../problem.ts';
import { readQuotas, weightsOf } from '../quotas.ts';
import type { HistorySettings } from '../settings.ts';
import { instantOf, isOfRun, isOfWorker, readEvents, type Told } from './events.ts';
import { MachineHistory } from './machines.ts';
import { recordedSamples } from './recorded.ts';
import { RightsHistory } from './rights.ts';
import { RunHistory } from './runs.ts';

/** Folds a log up to its end, or to where one stops reading. */
const fold = (events: readonly Told[], to: number) => {
  const runs = new RunHistory(defaultSettings.ageingMs);
  const machines = new MachineHistory();
  const rights = new RightsHistory();
  let last = 0;
  for (const event of events) {
    const at = instantOf(event);
    if (at > to) continue;
    last = Math.max(last, at);
    if (isOfRun(event)) runs.tell(event);
    else if (isOfWorker(event)) machines.tell(event);
    else rights.tell(event);
  }
  runs.close(last);
  return { runs, machines, rights, last };
};

/** What was recorded, and what another policy would have made of it, side by side. */
export const simulateHistory = (settings: HistorySettings): string => {
  const { file, policies, seed, json, chart } = settings;
  const given = readQuotas(settings.quotas);
  const events = readEvents(textOf(file === '-' ? '/dev/stdin' : file, '--history'), file);
  const { runs, machines, rights, last } = fold(events, settings.to ?? Number.POSITIVE_INFINITY);
  const since = settings.from ?? Number.NEGATIVE_INFINITY;
  if (since >= last)
    throw new InputProblem(
      `--from ${new Date(since).toISOString()}: what is recorded ends at ${new Date(last).toISOString()}; choose an earlier --from`,
    );
  const kept = new Set(runs.stays.flatMap(({ id, endedAt }) => (endedAt === null || endedAt >= since ? id : [])));
  const jobs = runs.jobs(last).filter(({ id }) => kept.has(id));
  const [first] = jobs;
  if (!first) throw new InputProblem(`--history ${file}: no run was submitted in that time; choose another with --from and --to`);
  const from = Math.max(since, first.submittedAt);
  const weights = weightsOf(settings.quotas === undefined ? rights.quotas : given);
  const recorded: Course = {
    name: 'as recorded',
    stays: runs.stays.filter(({ id }) => kept.has(id)),
    samples: recordedSamples(runs.steps, machines.changes, { weights, from }),
    weights,
    work: null,
  };
  // Rights of the file hold all the time; without it, those of the record as they changed.
  const quotaChanges = settings.quotas === undefined ? rights.quotaChanges : [];
  const changes: readonly Change[] = [...machines.changes, ...rights.promiseChanges, ...quotaChanges];
  const replays = policies.map((policy) =>
    play({ machines: [], changes, jobs, from }, { name: policy, policy, seed, quotas: given, weights, rules: rights.rules }),
  );
  const courses = [recorded, ...replays];
  const reports = courses.map(courseReport);
  const subtitle = `${jobs.length} workloads, recorded from ${new Date(from).toISOString()} to ${new Date(last).toISOString()}; seed ${seed}`;
  if (chart !== undefined)
    write(chart, '--chart', courseChart({ title: 'What happened, and what would have', subtitle, courses, reports }));
  return json ? JSON.stringify({ seed, requests: jobs.length, courses: reports }) : coursesTable(subtitle, reports);
};
