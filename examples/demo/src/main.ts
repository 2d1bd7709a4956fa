import { CallFailed } from './api.ts';
import { chatWithModel } from './chat.ts';
import { demoConfigOf } from './config.ts';
import { Demo } from './demo.ts';
import { screen } from './screen.ts';
import { endEarly, firstBalance, payForIt, readBack, runProgram, seeEvents, seeTrace, signUp } from './steps.ts';
import { untilTold } from './until-told.ts';

const exitAfter = process.argv.includes('--exit');

const play = async (demo: Demo): Promise<void> => {
  screen.step(1, 'A person signs up, gets an organization, logs in and creates an API key');
  const customer = await signUp(demo);
  const before = await firstBalance(demo, customer);
  await demo.events(customer.orgId);

  screen.step(2, 'With that key, a Python program is submitted, placed on a machine and run in a sandbox');
  const run = await runProgram(demo, customer);

  screen.step(3, 'Its status, logs, timing and metrics can be read; others are aborted and stopped while they run');
  await readBack(demo, customer, run);
  await endEarly(demo, customer);

  screen.step(4, 'Every second is billed at the price of the price book');
  await payForIt(demo, customer, before);

  screen.step(5, 'A model is found in the public catalog, answers the SDK of OpenAI as a stream, and is billed by the token');
  await chatWithModel(demo, customer);

  screen.step(6, 'What happened is a stream of typed events');
  await seeEvents(demo, customer, run);

  screen.step(7, 'One trace leads through all of it');
  await seeTrace(demo, run);

  if (exitAfter) return screen.title('That was the main job.');
  screen.title('That was the main job. Orrery is yours to try:');
  screen.line(
    `API  ${demo.config.url}/api/v2/external   (own API: ${demo.config.url}/orrery/v1, described at ${demo.config.url}/openapi.json)`,
  );
  screen.line(`key  ${customer.key}`);
  screen.line(`try  curl -H "Authorization: Bearer ${customer.key}" ${demo.config.url}/api/v2/external/workloads/list`);
};

const playAll = async (demo: Demo): Promise<void> => {
  await demo.open();
  await play(demo);
  if (!exitAfter) screen.line('stop it with Ctrl-C');
};

/** As shells count a program that was interrupted. */
const interrupted = 130;

/** Plays until the end or until we are told to leave; answers the exit code. */
const perform = async (demo: Demo): Promise<number> => {
  const told = untilTold().then(() => interrupted);
  const played = playAll(demo).then(
    () => 0,
    (error: unknown) => {
      screen.failed(error instanceof Error ? error.message : String(error));
      if (error instanceof Error && !(error instanceof CallFailed)) console.error(error.stack);
      return 1;
    },
  );
  const code = await Promise.race([played, told]);
  if (code === 0 && !exitAfter) await told;
  return code;
};

const finish = async (): Promise<number> => {
  const demo = new Demo(demoConfigOf(process.env));
  try {
    return await perform(demo);
  } finally {
    await demo.close();
  }
};

process.exitCode = await finish().catch((error: unknown) => {
  screen.failed(error instanceof Error ? error.message : String(error));
  return 1;
});
// What was under way when we were told to leave is given up.
process.exit();
