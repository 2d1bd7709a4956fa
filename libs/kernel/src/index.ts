export { type BackOff, type Persistence, pauseOf, persist, type Rhythm, repeat } from './back-off.ts';
export { Bell } from './bell.ts';
export { type Clock, systemClock } from './clock.ts';
export { accept, type Decider, type Decision, fold, reject } from './decider.ts';
export { Errands, type ErrandsOptions, type Step } from './errands.ts';
export {
  type Command,
  comparePlaces,
  type Event,
  logStart,
  type Metadata,
  type Origin,
  type Place,
  type Recorded,
  type Rejection,
} from './message.ts';
export { pause } from './pause.ts';
export type { Process } from './process.ts';
export { nextTurn } from './turn.ts';
export { Turnstile } from './turnstile.ts';
