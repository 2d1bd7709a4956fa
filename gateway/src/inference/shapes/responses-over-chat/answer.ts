import { wholeOf } from '../chat/chunk.ts';
import type { Members } from '../members.ts';
import type { Asked } from '../shape.ts';
import { countedIn, responsesUsage } from '../usage.ts';
import { beginning, endOf, itemOf, openResponse } from './response.ts';

export const answerOf = (body: Members, asked: Asked): Members => {
  const { pieces, finish } = wholeOf(body);
  const end = endOf(finish);
  const status = end['status'] === 'completed' ? 'completed' : 'incomplete';
  return {
    ...openResponse(asked),
    ...end,
    output: pieces.map((piece, index) => itemOf({ ...beginning(piece, index, asked), text: piece.text }, status)),
    usage: responsesUsage(countedIn(body['usage'])),
  };
};
