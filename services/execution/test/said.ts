import { explainWait } from '../src/domain/scheduling/explain/explain.ts';
import { shareOf, startOf } from '../src/domain/scheduling/explain/start.ts';
import { type SceneBuilder, sceneNow } from './scene-builder.ts';

/** What is said of a request that waits for what the scheduler itself finds. */
export const said = (builder: SceneBuilder) => {
  const built = builder.decided();
  const reason = built.waits.find(({ request }) => request === 'r')?.reason;
  if (!reason) throw new Error('r does not wait');
  const never = startOf({ late: 'never', early: 'never', share: shareOf(null) }, { reason, reserved: undefined, now: sceneNow });
  const explained = explainWait(built, 'r', { ...never, instead: [] });
  if (!explained) throw new Error('r is not explained');
  return explained;
};

/** The scheduler would not place it now. */
export const isWaiting = (builder: SceneBuilder): boolean => builder.decided().waits.some(({ request }) => request === 'r');
