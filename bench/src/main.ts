import { benchEventStore } from './append.ts';
import { benchCredentials } from './credentials.ts';
import { benchGateway } from './gateway.ts';
import { benchLimits } from './limits.ts';
import { benchLoginStorm } from './login-storm.ts';
import { benchLongQueues } from './long-queues.ts';
import { benchMainJob } from './main-job.ts';
import { machine, printReport, type Report } from './measure.ts';
import { benchPlacement } from './placement.ts';
import { benchQueueing } from './queueing.ts';
import { benchRelay } from './relay.ts';
import { benchRpc } from './rpc.ts';

/** Every benchmark by its name: `npm run bench -- event-store`. Each brings its peers and takes turns with them. */
const benches: Readonly<Record<string, () => Promise<Report>>> = {
  'event-store': () => benchEventStore(required('ORRERY_POSTGRES_URL')),
  relay: () => benchRelay(required('ORRERY_POSTGRES_URL'), required('ORRERY_NATS_URL')),
  bus: () => benchRpc(required('ORRERY_NATS_URL')),
  credentials: benchCredentials,
  placement: benchPlacement,
  limits: () => benchLimits(required('ORRERY_REDIS_URL')),
  queueing: benchQueueing,
  'long-queues': benchLongQueues,
  'main-job': () => benchMainJob(required('ORRERY_URL')),
  'login-storm': () => benchLoginStorm(required('ORRERY_URL')),
  gateway: () =>
    benchGateway({
      origin: required('ORRERY_URL'),
      operatorKey: required('ORRERY_OPERATOR_KEY'),
      servicesPid: Number(required('ORRERY_SERVICES_PID')),
    }),
};

const required = (variable: string): string => {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set: run the benchmarks with npm run bench`);
  return value;
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !(name in benches));
if (unknown.length > 0) throw new Error(`no benchmark is named ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`);

const reports: Report[] = [];
for (const [name, bench] of Object.entries(benches)) {
  if (names.length > 0 && !names.includes(name)) continue;
  const report = await bench();
  reports.push(report);
  printReport(report);
}
console.log(`\n${machine()}`);
console.log(JSON.stringify(reports));
