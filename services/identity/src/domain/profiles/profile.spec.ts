import { UserId } from '@orrery/contracts';
import { specify } from '@orrery/testing';
import { type Event, Profile } from './profile.ts';

const userId = UserId.parse('0199a000-0000-7000-8000-000000000001');
const at = '2026-01-01T00:00:00.000Z';
const chosen = (occupation: 'designer' | 'developer'): Event => ({ type: 'OccupationChosen', data: { userId, occupation, at } });
const { given } = specify(Profile);

describe('a profile', () => {
  it('says what somebody does, until they do something else', () => {
    given().when({ type: 'Choose', userId, occupation: 'designer', at }).thenEvents(chosen('designer'));
    given(chosen('designer')).when({ type: 'Choose', userId, occupation: 'developer', at }).thenEvents(chosen('developer'));
    given(chosen('designer')).when({ type: 'Choose', userId, occupation: 'designer', at }).thenNothing();
  });
});
