import { Unrunnable } from '../runtime/runtime.ts';

/** The engine takes the beginning of an id for a name, too: whoever tries a few would get at any image of the machine. */
export const imageNameOf = (reference: string): string => {
  if (/^(sha256:|[0-9a-f]{64}$)/.test(reference)) throw new Unrunnable('An image is named by its repository, not by its id.');
  // It becomes a part of a path of the engine's API.
  const parts = reference.split('/');
  if (parts.some((part) => ['', '.', '..'].includes(part))) throw new Unrunnable(`${reference} is not the name of an image.`);
  const last = parts.at(-1) ?? '';
  return /[:@]/.test(last) ? reference : `${reference}:latest`;
};
