import { cannot, listOf, type Members, membersOf, textOf } from '../members.ts';

type Path = readonly (string | number)[];

const dataUrl = /^data:([\w.+-]+\/[\w.+-]+)(?:;[\w=.+-]+)*;base64,(.*)$/s;

const sourceOf = (url: string): Members => {
  const found = dataUrl.exec(url);
  return found ? { type: 'base64', media_type: found[1], data: found[2] } : { type: 'url', url };
};

const blockOf = (part: Members, path: Path): Members => {
  switch (part['type']) {
    case 'text':
      return { type: 'text', text: textOf(part['text']) };
    case 'refusal':
      return { type: 'text', text: textOf(part['refusal']) };
    case 'image_url': {
      const image = part['image_url'];
      return { type: 'image', source: sourceOf(textOf(typeof image === 'string' ? image : membersOf(image)['url'])) };
    }
    case 'file': {
      const { file_data: data, filename } = membersOf(part['file']);
      if (typeof data === 'string') {
        return { type: 'document', source: sourceOf(data), ...(typeof filename === 'string' ? { title: filename } : {}) };
      }
      throw cannot(path, 'names a file that this model cannot open', 'send file_data with the file itself');
    }
    default:
      throw cannot(path, `has a part of type ${String(part['type'])} that this model does not take`, 'send texts, images and files alone');
  }
};

/** The Messages API refuses blocks without a text. */
const isSomething = (block: Members): boolean => block['type'] !== 'text' || block['text'] !== '';

/** Content of a message, a text or a list of parts, as blocks. */
export const blocksOf = (content: unknown, path: Path): readonly Members[] => {
  const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : listOf(content);
  return parts.map((part, index) => blockOf(membersOf(part), [...path, index])).filter(isSomething);
};
