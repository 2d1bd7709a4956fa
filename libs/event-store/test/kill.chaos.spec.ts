import { deadLetters } from '../src/index.ts';
import { allEffectsOf, everyEffectOnce, killUnderLoad } from './fixtures/kill-run.ts';
import { disordered, type Rig, startRig } from './fixtures/rig.ts';

/** The whole of it takes minutes; every run of the suite does a part. */
const kills = process.env.ORRERY_CHAOS === 'small' ? 40 : 200;

describe('The way from one log to another', () => {
  let rig: Rig;

  beforeEach(async () => {
    rig = await startRig();
  }, 30_000);
  afterEach(() => rig.stop(), 30_000);

  it(`gives every event its effect exactly once, with relay and consumer killed ${kills} times in the middle of a load`, async () => {
    const events = await killUnderLoad(rig, { kills, seed: Number(process.env.ORRERY_TEST_SEED ?? 2_026) });
    expect(await allEffectsOf(rig)).toEqual(everyEffectOnce);
    expect(disordered(await rig.letters())).toEqual([]);
    // No event is blamed for a death that it was merely near.
    expect(await deadLetters(rig.nats)).toEqual([]);
    // How many there were in the time is the machine's affair; but the kills must have met a load.
    expect(events).toBeGreaterThan(kills * 5);
  }, 1_200_000);
});
